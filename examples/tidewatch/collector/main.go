// Command collector passes the readings of the gauges on to the station.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"
)

// Reading is one height, as a gauge sends it.
type Reading struct {
	Gauge    string    `json:"gauge"`
	At       time.Time `json:"at"`
	HeightCm float64   `json:"height_cm"`
}

// Queue holds readings while the network is away; the oldest are dropped first.
type Queue struct {
	limit    int
	readings []Reading
}

// Push adds a reading and drops the oldest one when the queue is full.
func (q *Queue) Push(r Reading) {
	if len(q.readings) == q.limit {
		q.readings = q.readings[1:]
	}
	q.readings = append(q.readings, r)
}

// upload sends a batch and retries with growing pauses: 1 s, 2 s, 4 s and so on, at most a minute.
func upload(client *http.Client, url string, batch []Reading, attempts int) error {
	body, err := json.Marshal(batch)
	if err != nil {
		return fmt.Errorf("encode the batch: %w", err)
	}
	pause := time.Second
	for i := 0; i < attempts; i++ {
		response, err := client.Post(url, "application/json", bytes.NewReader(body))
		if err == nil {
			response.Body.Close()
			if response.StatusCode < 500 {
				return nil
			}
		}
		time.Sleep(pause)
		pause = min(2*pause, time.Minute)
	}
	return errors.New("the station did not answer")
}

func main() {
	queue := Queue{limit: 3 * 24 * 60}
	decoder := json.NewDecoder(os.Stdin)
	for {
		var reading Reading
		if err := decoder.Decode(&reading); err != nil {
			break
		}
		queue.Push(reading)
	}
	if err := upload(http.DefaultClient, os.Args[1], queue.readings, 8); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
