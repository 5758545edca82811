package main

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// point is a sample, in JSON [milliseconds, "value"]; the value is a number that reads back the same, NaN, +Inf, -Inf or stale.
type point struct {
	at    int64
	value float64
}

func (p *point) UnmarshalJSON(data []byte) error {
	var pair [2]json.RawMessage
	if err := json.Unmarshal(data, &pair); err != nil {
		return err
	}
	if err := json.Unmarshal(pair[0], &p.at); err != nil {
		return err
	}
	var text string
	if err := json.Unmarshal(pair[1], &text); err != nil {
		return err
	}
	value, err := parseValue(text)
	if err != nil {
		return fmt.Errorf("value %q: %w", text, err)
	}
	p.value = value
	return nil
}

func (p point) MarshalJSON() ([]byte, error) {
	return json.Marshal([2]any{p.at, strconv.FormatFloat(p.value, 'g', -1, 64)})
}
