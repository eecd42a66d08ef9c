#lang racket

(define limit 10)

;; Computes the area.
(define (area radius)
  (* pi radius radius))

(struct point (x y))

(define (list->total items)
  (apply + items))
