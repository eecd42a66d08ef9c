import type { Socket } from "net";

/** What a server accepts. */
export interface Options {
  port: number;
  host?: string;
}

export type Handler = (socket: Socket) => void;

export enum State {
  Open,
  Closed,
}

@Injectable()
export class Server<T> implements Closeable {
  private state = State.Closed;

  constructor(private readonly options: Options) {}

  /** Starts to listen. */
  @Logged
  public async listen(handler: Handler): Promise<void> {
    this.state = State.Open;
  }

  get port(): number {
    return this.options.port;
  }
}

export abstract class Base {
  abstract run(): void;
}

export function connect(port: number): Server<string>;
export function connect(port: any): any {
  return new Server({ port });
}

export const ping = async (host: string): Promise<number> => {
  return 1;
};

declare module "extra" {
  function extra(): void;
}

namespace Text {
  export function upper(text: string): string {
    return text.toUpperCase();
  }
}
