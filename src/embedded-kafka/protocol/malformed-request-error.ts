/** The bytes of a request do not follow the protocol. The connection that sent them is closed, as Kafka does. */
export class MalformedRequestError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}
