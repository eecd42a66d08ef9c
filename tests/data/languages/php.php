<?php

namespace App\Mail;

use App\Message;

/**
 * Sends messages.
 */
#[Service]
final class Mailer implements Transport
{
    use Logs;

    private int $limit = 3;

    public function __construct(private Queue $queue)
    {
    }

    /** Puts a message into the queue. */
    public function send(Message $message): bool
    {
        return $this->queue->push($message);
    }

    abstract protected function close(): void;
}

interface Transport
{
    public function send(Message $message): bool;
}

trait Logs
{
    protected function log(string $line): void
    {
        echo $line;
    }
}

enum Priority: int
{
    case Low = 1;
}

function mailer(): Mailer
{
    return new Mailer(new Queue());
}
