/** Tensors of a file that stores no graph, put together into those of one layer each. */

import type { ModelTensor } from './model-file.ts';

export type GroupKind = 'conv' | 'fullyConnected' | 'batchNorm' | 'prelu';

/** What a tensor is to its layer, in the words of this program's parameters. */
export type Role = 'weight' | 'bias' | 'gamma' | 'beta' | 'runningMean' | 'runningVariance' | 'slope';

/** The tensors of one layer. */
export interface TensorGroup {
  /** What their names begin with. */
  readonly module: string;
  readonly kind: GroupKind;
  readonly tensors: ReadonlyMap<Role, ModelTensor>;
}

/** `layer1.0.bn1.running_mean` or `conv0/filters` as module and ending. */
const nameParts = /^(.*)[./]([^./]+)$/;

/**
 * Groups in the order of the file: tensors that follow one another and have names alike up to the last part. Scale and shift
 * that follow statistics without any (Caffe's Scale after BatchNorm) belong to them.
 *
 * @returns tensors that are in no group, such as counts of batches, in `rest`
 */
export function tensorGroups(tensors: readonly ModelTensor[]): {
  readonly groups: readonly TensorGroup[];
  readonly rest: readonly ModelTensor[];
} {
  const modules = new Map<string, ModelTensor[]>();
  for (const tensor of tensors) {
    const module = nameParts.exec(tensor.name)?.[1] ?? '';
    const members = modules.get(module);
    if (members) members.push(tensor);
    else modules.set(module, [tensor]);
  }
  const groups: TensorGroup[] = [];
  const rest: ModelTensor[] = [];
  for (const [module, members] of modules) {
    const last = groups.at(-1);
    if (last?.kind === 'batchNorm' && !last.tensors.has('gamma') && isScale(members, last)) {
      groups[groups.length - 1] = {
        ...last,
        tensors: new Map([...last.tensors, ...rolesOf('batchNorm', members)]),
      };
      continue;
    }
    const kind = kindOf(members);
    const roles = kind ? rolesOf(kind, members) : new Map<Role, ModelTensor>();
    const taken = new Set(roles.values());
    rest.push(...members.filter((tensor) => !taken.has(tensor)));
    if (kind) groups.push({ module, kind, tensors: roles });
  }
  return { groups, rest };
}

const ending = ({ name }: ModelTensor): string => nameParts.exec(name)?.[2] ?? name;

/** Scale and shift of the statistics before it. */
function isScale(members: readonly ModelTensor[], before: TensorGroup): boolean {
  const { shape } = before.tensors.get('runningMean')!;
  const named = members.map(ending).sort().join();
  return (
    (named === 'bias,weight' || named === 'weight') &&
    members.every((member) => `${member.shape}` === `${shape}`)
  );
}

function kindOf(members: readonly ModelTensor[]): GroupKind | undefined {
  if (members.some((member) => /^(running_mean|moving_mean)$/.test(ending(member)))) return 'batchNorm';
  const weight = members.find((member) => weightEnding.test(ending(member)));
  if (weight?.shape.length === 4) return 'conv';
  if (weight?.shape.length === 2) return 'fullyConnected';
  return weight?.shape.length === 1 && members.length === 1 ? 'prelu' : undefined;
}

const weightEnding = /^(weight|weights|filters|kernel|depthwise_filter|pointwise_filter)$/;

/** What the endings of PyTorch, Keras and face-api mean. */
function rolesOf(kind: GroupKind, members: readonly ModelTensor[]): Map<Role, ModelTensor> {
  const roles = new Map<Role, ModelTensor>();
  for (const member of members) {
    const role = roleOf(kind, ending(member));
    if (role && !roles.has(role)) roles.set(role, member);
  }
  return roles;
}

function roleOf(kind: GroupKind, name: string): Role | undefined {
  if (kind === 'prelu') return 'slope';
  if (kind === 'batchNorm')
    return (
      {
        weight: 'gamma',
        gamma: 'gamma',
        bias: 'beta',
        beta: 'beta',
        running_mean: 'runningMean',
        moving_mean: 'runningMean',
        running_var: 'runningVariance',
        moving_variance: 'runningVariance',
      } as const
    )[name];
  return weightEnding.test(name) ? 'weight' : name === 'bias' ? 'bias' : undefined;
}
