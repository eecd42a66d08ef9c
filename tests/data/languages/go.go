// Package queue keeps jobs.
package queue

import "sync"

const limit = 10

// Queue holds jobs until they are taken.
type Queue[T any] struct {
	mu   sync.Mutex
	jobs []T
}

// Taker takes jobs.
type Taker interface {
	Take() (int, error)
}

type (
	ID   int
	Name string
)

// New returns an empty queue.
func New() *Queue[int] {
	return &Queue[int]{}
}

// Take removes the oldest job.
//
// It blocks while the queue is empty.
func (q *Queue[T]) Take() (T, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.jobs[0], nil
}

func (q Queue[T]) Len() int { return len(q.jobs) }
