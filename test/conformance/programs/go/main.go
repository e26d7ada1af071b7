// Runs one Go client against the broker that is named and prints one JSON object per case:
//
//	go run . franz-go|sarama|kafka-go HOST:PORT
//
// A case is a function; what it returns is compared between brokers, so nothing in it may differ from run to run.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"runtime/debug"
	"sort"
	"strings"
	"time"
)

const caseTimeout = 45 * time.Second

type testCase struct {
	name string
	run  func(ctx context.Context) any
}

var broker string

func main() {
	broker = os.Args[2]
	suites := map[string][]testCase{"franz-go": franzCases(), "sarama": saramaCases(), "kafka-go": kafkaGoCases()}
	for _, each := range suites[os.Args[1]] {
		if len(os.Args) > 3 && !strings.Contains(each.name, os.Args[3]) {
			continue
		}
		report(each)
	}
}

func report(each testCase) {
	type outcome struct {
		Test      string `json:"test"`
		HasPassed bool   `json:"hasPassed"`
		Seen      string `json:"seen"`
	}
	began := time.Now()
	ended := make(chan outcome, 1)
	ctx, cancel := context.WithTimeout(context.Background(), caseTimeout)
	defer cancel()
	go func() {
		defer func() {
			if failure := recover(); failure != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n%s", each.name, failure, debug.Stack())
				ended <- outcome{each.name, false, clean(fmt.Sprint(failure))}
			}
		}()
		ended <- outcome{each.name, true, clean(text(each.run(ctx)))}
	}()
	var result outcome
	select {
	case result = <-ended:
	case <-time.After(caseTimeout + 5*time.Second):
		result = outcome{each.name, false, "did not end"}
	}
	line, _ := json.Marshal(result)
	fmt.Println(string(line))
	fmt.Fprintf(os.Stderr, "%s took %d ms\n", each.name, time.Since(began).Milliseconds())
}

func text(value any) string {
	if already, ok := value.(string); ok {
		return already
	}
	if value == nil || reflect.ValueOf(value).Kind() == reflect.Func {
		return "done"
	}
	bytes, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%+v", value)
	}
	return string(bytes)
}

var port = regexp.MustCompile(`127\.0\.0\.1:\d+`)

func clean(seen string) string { return port.ReplaceAllString(seen, "BROKER") }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func got[T any](value T, err error) T {
	must(err)
	return value
}

func errorText(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}

func sorted[T any](values []T) []T {
	sort.Slice(values, func(i, j int) bool { return fmt.Sprint(values[i]) < fmt.Sprint(values[j]) })
	return values
}

func until(ctx context.Context, what string, check func() bool) {
	for !check() {
		if ctx.Err() != nil {
			panic("was waited for in vain: " + what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
