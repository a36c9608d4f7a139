import { expect, it } from 'vitest';
import { ProjectModels } from '../../src/store/server-view/project-models.ts';

it('a stream of changes may bring the first lists of a project that is new', async () => {
  const models = new ProjectModels((number) => ({ type: 'linux_vul', id: `V-${number}` }));
  models.beginLoad(new Map());
  await models.finishLoad();
  expect(models.knows('new', 2)).toBe(false);
  await models.learn([{ projectId: 'new', shownKey: 2, numbers: [1] }]);
  expect(models.knows('new', 2)).toBe(true);
});
