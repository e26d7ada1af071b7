import { describe, expect, it } from 'vitest';
import { kafkaSettingsPage, optionsPage } from './generated-pages.js';

describe('generated pages of the guide', () => {
  it('docs/options.md says what the table of options says', async () => {
    await expect(await optionsPage()).toMatchFileSnapshot('../../docs/options.md');
  });

  it("docs/kafka-settings.md says what the table of librdkafka's names says", async () => {
    await expect(await kafkaSettingsPage()).toMatchFileSnapshot('../../docs/kafka-settings.md');
  });
});
