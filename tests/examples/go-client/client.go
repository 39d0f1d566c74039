// A client of the reference Raft in Go: one program for all connections, standard library only.
//
// Ordeal starts it once and tells connections apart by their number. Every connection has its own goroutine and its own TCP connection;
// answers go to stdout, one JSON object per line. The protocol is described in docs/client-protocol.md.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

// Command is what Ordeal says: init, invoke or close.
type Command struct {
	Type       string          `json:"type"`
	Connection int             `json:"connection"`
	Host       string          `json:"host"`
	Port       int             `json:"port"`
	ID         int             `json:"id"`
	F          string          `json:"f"`
	Key        any             `json:"key"`
	Value      json.RawMessage `json:"value"`
	TimeoutMs  int             `json:"timeoutMs"`
}

type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// answer is what the node says.
type answer struct {
	OK    bool            `json:"ok"`
	Value json.RawMessage `json:"value"`
	Error problem         `json:"error"`
}

var stdout sync.Mutex

func say(message map[string]any) {
	line, _ := json.Marshal(message)
	stdout.Lock() // connections answer at the same time
	defer stdout.Unlock()
	os.Stdout.Write(append(line, '\n'))
}

func main() {
	connections := map[int]chan Command{}
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return // Ordeal closed stdin: nothing must outlive it
		}
		var command Command
		if json.Unmarshal(line, &command) != nil {
			continue
		}
		switch command.Type {
		case "init":
			commands := make(chan Command, 1)
			connections[command.Connection] = commands
			go serve(command, commands)
		case "invoke":
			connections[command.Connection] <- command
		case "close":
			if commands, known := connections[command.Connection]; known {
				close(commands)
				delete(connections, command.Connection)
			}
		}
	}
}

// serve is one connection from init to close. It never retries: a retry would hide from the checker that something may have happened twice.
func serve(init Command, commands <-chan Command) {
	timeout := time.Duration(init.TimeoutMs) * time.Millisecond
	node, lines, err := dial(net.JoinHostPort(init.Host, strconv.Itoa(init.Port)), timeout)
	if err != nil {
		say(map[string]any{"type": "refused", "connection": init.Connection, "error": problem{"unreachable", err.Error()}})
		return
	}
	defer node.Close()
	say(map[string]any{"type": "ready", "connection": init.Connection})
	for command := range commands {
		say(perform(node, lines, command))
	}
}

func dial(address string, timeout time.Duration) (net.Conn, *bufio.Reader, error) {
	node, err := net.DialTimeout("tcp", address, timeout)
	if err != nil {
		return nil, nil, err
	}
	node.SetDeadline(time.Now().Add(timeout))
	lines := bufio.NewReader(node)
	if _, err := lines.ReadBytes('\n'); err != nil { // the node greets every connection
		node.Close()
		return nil, nil, err
	}
	return node, lines, nil
}

// perform says what became of the operation, as honestly as it is known.
func perform(node net.Conn, lines *bufio.Reader, command Command) map[string]any {
	request := map[string]any{"id": command.ID, "op": command.F, "key": fmt.Sprint(command.Key)}
	if command.F != "read" {
		request["value"] = command.Value
	}
	line, _ := json.Marshal(request)
	node.SetDeadline(time.Now().Add(time.Duration(command.TimeoutMs) * time.Millisecond))
	reply, err := exchange(node, lines, append(line, '\n'))
	if err != nil {
		// It was sent, or part of it: it may take effect now, later or never. That is never a "fail".
		return map[string]any{"type": "info", "id": command.ID, "error": problem{"connection-lost", err.Error()}}
	}
	if !reply.OK {
		// The node's code decides: Ordeal looks it up in the system's errors. Only a definite one becomes a "fail" in the history.
		return map[string]any{"type": "fail", "id": command.ID, "error": reply.Error}
	}
	value := command.Value // a write or cas answers with what it was asked to do
	if command.F == "read" {
		value = reply.Value
	}
	return map[string]any{"type": "ok", "id": command.ID, "value": value}
}

func exchange(node net.Conn, lines *bufio.Reader, request []byte) (reply answer, err error) {
	if _, err = node.Write(request); err != nil {
		return
	}
	line, err := lines.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &reply)
	}
	return
}
