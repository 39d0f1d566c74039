/**
 * Everything the API can refuse, with the words and the status of Toxiproxy 2.12.
 * An error without a status of its own (a port in use, a bad address) answers 500, as the real server does.
 */
export class ApiError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

export const badRequestBody = (reason: string) => new ApiError(`bad request body: ${reason}`, 400);
export const missingField = (field: string) => new ApiError(`missing required field: ${field}`, 400);
export const invalidStream = () => new ApiError('stream was invalid, can be either upstream or downstream', 400);
export const invalidToxicType = () => new ApiError('invalid toxic type', 400);
export const proxyNotFound = () => new ApiError('proxy not found', 404);
export const toxicNotFound = () => new ApiError('toxic not found', 404);
export const proxyAlreadyExists = () => new ApiError('proxy already exists', 409);
export const toxicAlreadyExists = () => new ApiError('toxic already exists', 409);

/** What a handler threw, as the API answers it. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(error instanceof Error ? error.message : String(error), 500);
}
