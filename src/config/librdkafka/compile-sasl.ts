import type { SaslOptions } from '../../kafka/driver.js';
import { missingProperty, placeOfProperty, type Remarks } from './connection-input.js';
import type { PlacedKafkaProperties } from './kafka-properties.js';

/** Puts the credentials together; undefined when something is missing, which is then among the problems. */
export function compileSasl(properties: PlacedKafkaProperties, remarks: Remarks): SaslOptions | undefined {
  const { values } = properties;
  const protocol = `security.protocol = ${values.securityProtocol!}`;
  const mechanism = values.saslMechanism;
  if (mechanism === undefined) {
    // Given and not possible: that is told already.
    if (properties.places.has('sasl.mechanism')) return undefined;
    remarks.problems.push(
      `${missingProperty('sasl.mechanism', protocol)} (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER)`,
    );
    return undefined;
  }
  const neededFor = `sasl.mechanism = ${mechanism.toUpperCase()}`;
  if (mechanism === 'oauthbearer') return compileOauth(properties, neededFor, remarks);
  const username = needed('sasl.username', values.saslUsername, neededFor, remarks);
  const password = needed('sasl.password', values.saslPassword, neededFor, remarks);
  if (username === undefined || password === undefined) return undefined;
  return { mechanism, username, password };
}

const endpoint = 'sasl.oauthbearer.token.endpoint.url';

function compileOauth(
  properties: PlacedKafkaProperties,
  neededFor: string,
  remarks: Remarks,
): SaslOptions | undefined {
  const { values } = properties;
  if (values.oauthMethod?.toLowerCase() !== 'oidc') {
    const place = placeOfProperty(properties, 'sasl.oauthbearer.method');
    remarks.problems.push(`${place} must be oidc; found ${JSON.stringify(values.oauthMethod ?? '')}`);
  }
  const tokenEndpointUrl = needed(endpoint, values.oauthTokenEndpointUrl, neededFor, remarks);
  const clientId = needed('sasl.oauthbearer.client.id', values.oauthClientId, neededFor, remarks);
  const clientSecret = needed('sasl.oauthbearer.client.secret', values.oauthClientSecret, neededFor, remarks);
  if (tokenEndpointUrl === undefined || clientId === undefined || clientSecret === undefined)
    return undefined;
  if (!URL.canParse(tokenEndpointUrl)) {
    const place = placeOfProperty(properties, endpoint);
    remarks.problems.push(`${place} must be a URL; found ${JSON.stringify(tokenEndpointUrl)}`);
  }
  return {
    mechanism: 'oauthbearer',
    tokenEndpointUrl,
    clientId,
    clientSecret,
    ...(values.oauthScope === undefined ? {} : { scope: values.oauthScope }),
    ...(values.oauthExtensions === undefined ? {} : { extensions: values.oauthExtensions }),
  };
}

/** The value; undefined, with a problem, where it is missing or empty. */
function needed(
  name: string,
  value: string | undefined,
  neededFor: string,
  remarks: Remarks,
): string | undefined {
  if (value !== undefined && value !== '') return value;
  remarks.problems.push(missingProperty(name, neededFor));
  return undefined;
}
