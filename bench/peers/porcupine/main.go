// The peer of the linearizability benchmark: Porcupine judges the same history files. One JSON line per file on stdout.
//
//	porcupine [-timeout 30s] FILE...
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

type event struct {
	Process int             `json:"process"`
	Type    string          `json:"type"`
	F       string          `json:"f"`
	Value   json.RawMessage `json:"value"`
}

type input struct {
	f        string
	from, to int
}

const never = -1 << 40

func value(raw json.RawMessage) int {
	var number *int
	if err := json.Unmarshal(raw, &number); err != nil {
		panic(err)
	}
	if number == nil {
		return never
	}
	return *number
}

func inputOf(e event) input {
	switch e.F {
	case "read":
		return input{f: e.F}
	case "write":
		return input{f: e.F, to: value(e.Value)}
	default:
		var pair [2]json.RawMessage
		if err := json.Unmarshal(e.Value, &pair); err != nil {
			panic(err)
		}
		return input{f: e.F, from: value(pair[0]), to: value(pair[1])}
	}
}

// An output of nil means that the outcome is unknown.
var register = porcupine.Model{
	Init: func() interface{} { return never },
	Step: func(state, in, out interface{}) (bool, interface{}) {
		held, op := state.(int), in.(input)
		switch op.f {
		case "read":
			return out == nil || out.(int) == held, held
		case "write":
			return true, op.to
		default:
			if held == op.from {
				return true, op.to
			}
			return out == nil, held
		}
	},
}

func operations(file string) []porcupine.Operation {
	f, err := os.Open(file)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	open := map[int]porcupine.Operation{}
	var done, unknown []porcupine.Operation
	lines := bufio.NewScanner(f)
	var now int64
	for ; lines.Scan(); now++ {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			panic(err)
		}
		if e.Type == "invoke" {
			open[e.Process] = porcupine.Operation{ClientId: e.Process, Input: inputOf(e), Call: now}
			continue
		}
		op := open[e.Process]
		delete(open, e.Process)
		switch e.Type {
		case "ok":
			op.Return = now
			op.Output = 0
			if e.F == "read" {
				op.Output = value(e.Value)
			}
			done = append(done, op)
		case "info":
			unknown = append(unknown, op)
		}
	}
	for _, op := range open {
		unknown = append(unknown, op)
	}
	for _, op := range unknown {
		if op.Input.(input).f == "read" {
			continue // an unanswered read constrains nothing
		}
		op.Return = now + 1
		done = append(done, op)
	}
	return done
}

func main() {
	timeout := flag.Duration("timeout", 30*time.Second, "per file")
	flag.Parse()
	for _, file := range flag.Args() {
		ops := operations(file)
		began := time.Now()
		result := porcupine.CheckOperationsTimeout(register, ops, *timeout)
		elapsed := time.Since(began)
		line, _ := json.Marshal(map[string]interface{}{"file": file, "result": string(result), "elapsedMs": float64(elapsed.Microseconds()) / 1000})
		fmt.Println(string(line))
	}
}
