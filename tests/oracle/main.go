// Oracle answers PromQL queries with Prometheus' own engine over samples that it is given, so that another engine can be
// compared with it: one JSON object a line in, one a line out, in order.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
)

// request is samples and the queries to ask of them.
type request struct {
	Series   []series  `json:"series"`
	Counters *counters `json:"counters"`
	Queries  []query   `json:"queries"`
	Settings settings  `json:"settings"`
}

// response has an answer for each query, or says what is wrong with the request.
type response struct {
	Answers []any  `json:"answers"`
	Error   string `json:"error,omitempty"`
}

func main() {
	bench := flag.Int("bench", 0, "measure time and memory of each query over this many runs instead of answering")
	flag.Parse()
	if err := serve(os.Stdin, os.Stdout, *bench); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(2)
	}
}

// serve answers every line of in.
func serve(in io.Reader, out io.Writer, bench int) error {
	requests, responses := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	requests.DisallowUnknownFields()
	for {
		var r request
		if err := requests.Decode(&r); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("request: %w", err)
		}
		if err := responses.Encode(respond(r, bench)); err != nil {
			return fmt.Errorf("response: %w", err)
		}
	}
}

func respond(r request, bench int) response {
	samples, err := load(r)
	if err != nil {
		return response{Error: err.Error()}
	}
	engine := newEngine(r.Settings)
	answers := make([]any, 0, len(r.Queries))
	for _, q := range r.Queries {
		if bench > 0 {
			answers = append(answers, measure(engine, samples, q, bench))
		} else {
			answers = append(answers, ask(engine, samples, q))
		}
	}
	return response{Answers: answers}
}
