package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/promql"
)

// measurement is what a query cost; memory is in bytes, resident memory that of the whole process, samples included.
type measurement struct {
	Expr           string  `json:"expr"`
	Nanoseconds    []int64 `json:"ns"`
	Allocated      uint64  `json:"allocated"`
	ResidentBefore uint64  `json:"resident_before"`
	ResidentPeak   uint64  `json:"resident_peak"`
	Series         int     `json:"series"`
	Error          string  `json:"error,omitempty"`
}

// measure runs a query several times on one thread of Go code; the first run warms up and is the one whose memory counts.
func measure(engine *promql.Engine, all samples, q query, runs int) measurement {
	runtime.GOMAXPROCS(1)
	m := measurement{Expr: q.Expr}
	// What loading left behind is no room for the query.
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		m.Error = fmt.Sprintf("cannot reset the peak of memory: %v", err)
		return m
	}
	m.ResidentBefore = status("VmRSS")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for run := range runs + 1 {
		start := time.Now()
		series, err := evaluate(engine, all, q)
		took := time.Since(start)
		if err != nil {
			m.Error = err.Error()
			return m
		}
		if run == 0 {
			runtime.ReadMemStats(&after)
			m.Allocated, m.ResidentPeak, m.Series = after.TotalAlloc-before.TotalAlloc, status("VmHWM"), series
			continue
		}
		m.Nanoseconds = append(m.Nanoseconds, took.Nanoseconds())
	}
	return m
}

// evaluate says how many series the answer has.
func evaluate(engine *promql.Engine, all samples, q query) (int, error) {
	prepared, err := prepare(engine, all, q)
	if err != nil {
		return 0, err
	}
	defer prepared.Close()
	done := prepared.Exec(context.Background())
	if done.Err != nil {
		return 0, done.Err
	}
	switch v := done.Value.(type) {
	case promql.Vector:
		return len(v), nil
	case promql.Matrix:
		return len(v), nil
	default:
		return 1, nil
	}
}

// status is a row of /proc/self/status, in bytes; 0 if there is none.
func status(row string) uint64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	found := regexp.MustCompile(row + `:\s+(\d+) kB`).FindSubmatch(text)
	if found == nil {
		return 0
	}
	kilobytes, err := strconv.ParseUint(string(found[1]), 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes * 1024
}
