(define limit 10)

;; Computes the area.
(define (area radius)
  (* 3.14 radius radius))

(define double
  (lambda (x)
    (* 2 x)))

(define-syntax while
  (syntax-rules ()
    ((_ test body ...) (let loop () (when test body ... (loop))))))
