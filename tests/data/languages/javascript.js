import { readFile } from "node:fs/promises";

const CACHE = new Map();

/**
 * Loads a file once.
 * @param {string} path where it lies
 */
export async function load(path) {
  if (!CACHE.has(path)) CACHE.set(path, await readFile(path));
  return CACHE.get(path);
}

export const double = (x) => {
  return x * 2;
};

// A queue with a limit.
export default class Queue extends Base {
  static limit = 10;
  #items = [];

  constructor(limit) {
    super();
    this.limit = limit;
  }

  /** Adds one item. */
  push(item) {
    this.#items.push(item);
  }

  drain = async () => {
    this.#items = [];
  };
}

Queue.prototype.clear = function () {
  this.drain();
};

exports.helper = function helper(a) {
  return a;
};

module.exports.other = (b) => b;

const api = {
  fetch(url) {
    return load(url);
  },
  send: function (url, body) {
    return [url, body];
  },
};

function* ids() {
  let id = 0;
  while (true) yield id++;
}
