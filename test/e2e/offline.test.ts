// After the first visit the page opens without a network.
import { inject, test } from 'vitest';
import { useDemoPage } from '../support/demo-page';

const demo = useDemoPage({ offline: true });

test('without a network after the first visit', async () => {
  await demo.open('#v=2&race.paused=1');
  await demo.page.waitForFunction(async () => {
    await navigator.serviceWorker.ready;
    return navigator.serviceWorker.controller !== null;
  });
  await demo.page.context().setOffline(true);
  await demo.page.goto(`${inject('demoUrl')}?lesson=learning-rate#v=2&race.paused=1`);
  // What the page before it had under way was broken off.
  demo.problems.length = 0;
  await demo.page.getByRole('heading', { name: 'How far can one step go?' }).waitFor();
  await demo.section('race').playable();
});
