// Says what time it is, as a static program that reads the clock by its own runtime, with `busy` on several threads at once.
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	start := time.Now()
	for i := 0; i < 2 && len(os.Args) > 1 && os.Args[1] == "busy"; i++ {
		go func() {
			for {
				if time.Since(start) < 0 {
					panic("the monotonic clock went back")
				}
			}
		}()
	}
	for range time.Tick(20 * time.Millisecond) {
		now := time.Now()
		fmt.Println("go", now.UnixMilli(), float64(time.Since(start).Microseconds())/1000)
	}
}
