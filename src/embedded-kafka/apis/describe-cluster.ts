import { nodeId } from '../broker.js';
import { errorCodes } from '../protocol/error-codes.js';
import { allowedOperations } from './allowed-operations.js';
import { type Api } from './api.js';

const brokersEndpoint = 1;
const controllersEndpoint = 2;

/** Tells the brokers and the cluster's id. */
export const describeCluster: Api = {
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexibleFrom: 0,
  handle({ version, body, response, broker }) {
    const isAllowedAsked = body.boolean();
    const endpointType = version >= 1 ? body.int8() : brokersEndpoint;
    if (version >= 2) body.boolean(); // whether to name fenced brokers too: there are none
    const [code, message] = check(endpointType);
    const isRefused = code !== errorCodes.NONE;
    response.int32(0).errorCode(code).string(message);
    if (version >= 1) response.int8(brokersEndpoint);
    response.string(isRefused ? '' : broker.clusterId).int32(isRefused ? -1 : nodeId);
    response.structs(isRefused ? [] : [broker], ({ settings, port }) => {
      response.int32(nodeId).string(settings.advertisedHost).int32(port).string(null);
      if (version >= 2) response.boolean(false);
    });
    response.int32(allowedOperations('cluster', isAllowedAsked && !isRefused));
    return 'respond';
  },
};

function check(endpointType: number) {
  if (endpointType === brokersEndpoint) return [errorCodes.NONE, null] as const;
  if (endpointType === controllersEndpoint) {
    return [errorCodes.MISMATCHED_ENDPOINT_TYPE, 'This is the endpoint of a broker.'] as const;
  }
  return [errorCodes.UNSUPPORTED_ENDPOINT_TYPE, `Unsupported endpoint type ${endpointType}`] as const;
}
