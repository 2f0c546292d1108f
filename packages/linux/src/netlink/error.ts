/**
 * A request that the kernel refused through netlink: the errno is its verdict on the request, not on a call.
 */
import { SystemError } from '../errno.ts';

/** A refused request. Recognise it by `code`, as every {@link SystemError}. */
export class NetlinkError extends SystemError {
  /** The kernel's own explanation (extended acknowledgement); empty where it gave none. */
  readonly explanation: string;

  constructor(operation: string, errno: number, explanation: string) {
    super(operation, errno);
    this.explanation = explanation;
    if (explanation !== '') this.message += `: ${explanation}`;
  }
}
