package main

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// query is an expression at one time, or from one to another at every step; all in milliseconds.
type query struct {
	Expr string `json:"expr"`
	At   *int64 `json:"at"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
	Step int64  `json:"step"`
}

// settings are those of the engine; absent ones are Prometheus' defaults.
type settings struct {
	LookbackMillis     int64 `json:"lookback_ms"`
	SubqueryStepMillis int64 `json:"subquery_step_ms"`
	MaxSamples         int   `json:"max_samples"`
	DelayedNameRemoval bool  `json:"delayed_name_removal"`
}

// answer is the value of a query in order of the engine, or its error.
type answer struct {
	Type     string   `json:"type,omitempty"`
	Text     string   `json:"text,omitempty"`
	Result   []result `json:"result,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	Infos    []string `json:"infos,omitempty"`
	Error    string   `json:"error,omitempty"`
}

// result is a series of the answer; in a vector or a scalar it has one sample.
type result struct {
	Labels  map[string]string `json:"labels"`
	Samples []point           `json:"samples"`
}

func newEngine(s settings) *promql.Engine {
	subqueryStep := orDefault(s.SubqueryStepMillis, 60_000)
	return promql.NewEngine(promql.EngineOpts{
		MaxSamples:               orDefault(s.MaxSamples, 50_000_000),
		Timeout:                  10 * time.Minute,
		LookbackDelta:            time.Duration(orDefault(s.LookbackMillis, 300_000)) * time.Millisecond,
		NoStepSubqueryIntervalFn: func(int64) int64 { return subqueryStep },
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		EnableDelayedNameRemoval: s.DelayedNameRemoval,
		Parser:                   parser.NewParser(parser.Options{}),
	})
}

func orDefault[N int | int64](given, otherwise N) N {
	if given == 0 {
		return otherwise
	}
	return given
}

func ask(engine *promql.Engine, all samples, q query) answer {
	prepared, err := prepare(engine, all, q)
	if err != nil {
		return answer{Error: err.Error()}
	}
	defer prepared.Close()
	done := prepared.Exec(context.Background())
	if done.Err != nil {
		return answer{Error: done.Err.Error()}
	}
	a := answerOf(done.Value)
	a.Warnings, a.Infos = done.Warnings.AsStrings(q.Expr, 0, 0)
	return a
}

func prepare(engine *promql.Engine, all samples, q query) (promql.Query, error) {
	if q.At != nil {
		return engine.NewInstantQuery(context.Background(), all, nil, q.Expr, timestamp.Time(*q.At))
	}
	step := time.Duration(q.Step) * time.Millisecond
	return engine.NewRangeQuery(context.Background(), all, nil, q.Expr, timestamp.Time(q.From), timestamp.Time(q.To), step)
}

func answerOf(value parser.Value) answer {
	a := answer{Type: string(value.Type()), Result: []result{}}
	switch v := value.(type) {
	case promql.Scalar:
		a.Result = append(a.Result, result{Labels: map[string]string{}, Samples: []point{{v.T, v.V}}})
	case promql.String:
		a.Text = v.V
	case promql.Vector:
		for _, element := range v {
			a.Result = append(a.Result, result{Labels: element.Metric.Map(), Samples: []point{{element.T, element.F}}})
		}
	case promql.Matrix:
		for _, s := range v {
			points := make([]point, 0, len(s.Floats))
			for _, p := range s.Floats {
				points = append(points, point{p.T, p.F})
			}
			a.Result = append(a.Result, result{Labels: s.Metric.Map(), Samples: points})
		}
	default:
		a.Error = fmt.Sprintf("a value of type %s", value.Type())
	}
	return a
}
