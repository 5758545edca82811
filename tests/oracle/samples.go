package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// series is labels and points.
type series struct {
	Labels  map[string]string `json:"labels"`
	Samples []point           `json:"samples"`
}

// counters asks for many series made here, too many to send: series number s of the name has labels instance=s and
// job=s%10, and its sample number i, at from+i*step ms, is i%1000 * (1+s%7).
type counters struct {
	Name   string `json:"name"`
	Series int    `json:"series"`
	From   int64  `json:"from"`
	Step   int64  `json:"step"`
	Count  int    `json:"count"`
}

// samples is a storage of series in order of their labels, each with its samples in order of time.
type samples []promql.Series

func load(r request) (samples, error) {
	all := make(samples, 0, len(r.Series))
	for _, s := range r.Series {
		floats := make([]promql.FPoint, 0, len(s.Samples))
		for _, p := range s.Samples {
			if len(floats) > 0 && floats[len(floats)-1].T >= p.at {
				return nil, fmt.Errorf("series %v: samples are not in order of time", s.Labels)
			}
			floats = append(floats, promql.FPoint{T: p.at, F: p.value})
		}
		all = append(all, promql.Series{Metric: labels.FromMap(s.Labels), Floats: floats})
	}
	if r.Counters != nil {
		all = append(all, r.Counters.generate()...)
	}
	slices.SortFunc(all, func(a, b promql.Series) int { return labels.Compare(a.Metric, b.Metric) })
	return all, nil
}

func (c counters) generate() samples {
	all := make(samples, c.Series)
	for s := range all {
		floats := make([]promql.FPoint, c.Count)
		for i := range floats {
			floats[i] = promql.FPoint{T: c.From + int64(i)*c.Step, F: float64(i%1000) * float64(1+s%7)}
		}
		metric := labels.FromStrings("__name__", c.Name, "instance", strconv.Itoa(s), "job", strconv.Itoa(s%10))
		all[s] = promql.Series{Metric: metric, Floats: floats}
	}
	return all
}

// Querier makes samples a storage.Queryable.
func (s samples) Querier(from, to int64) (storage.Querier, error) {
	return querier{all: s, from: from, to: to}, nil
}

type querier struct {
	all      samples
	from, to int64
}

func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	found := &selection{next: -1}
	for _, s := range q.all {
		if matches(s.Metric, matchers) {
			first := sort.Search(len(s.Floats), func(i int) bool { return s.Floats[i].T >= q.from })
			end := sort.Search(len(s.Floats), func(i int) bool { return s.Floats[i].T > q.to })
			found.series = append(found.series, promql.Series{Metric: s.Metric, Floats: s.Floats[first:max(first, end)]})
		}
	}
	return found
}

func matches(metric labels.Labels, matchers []*labels.Matcher) bool {
	return !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(metric.Get(m.Name)) })
}

func (querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (querier) Close() error { return nil }

// selection is a storage.SeriesSet.
type selection struct {
	series samples
	next   int
}

func (s *selection) Next() bool {
	s.next++
	return s.next < len(s.series)
}

func (s *selection) At() storage.Series { return promql.NewStorageSeries(s.series[s.next]) }

func (*selection) Err() error { return nil }

func (*selection) Warnings() annotations.Annotations { return nil }

// parseValue reads a number as JSON carries it here, a text, or the stale marker.
func parseValue(text string) (float64, error) {
	if text == "stale" {
		return math.Float64frombits(value.StaleNaN), nil
	}
	return strconv.ParseFloat(text, 64)
}
