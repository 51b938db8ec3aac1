/** Which of the files that a person brings are a detector of faces, and what is still missing. */

/** A file by its path inside what was dropped. */
interface NamedFile {
  readonly path: string;
}

/** The files of a detector. */
export type DetectorFiles<F> =
  | { readonly kind: 'mtcnn'; readonly files: readonly [proposal: F, refinement: F, output: F] }
  | {
      readonly kind: 'face-api';
      readonly detector: F;
      readonly points: F;
      /** By their names, the shards of both among them. */
      readonly files: ReadonlyMap<string, F>;
    };

/** P-Net, R-Net and O-Net, as they are published. */
const mtcnnNames = [
  ['det1.caffemodel', 'det2.caffemodel', 'det3.caffemodel'],
  ['pnet.pt', 'rnet.pt', 'onet.pt'],
] as const;

const detectorModel = 'tiny_face_detector_model';
const pointsModels = ['face_landmark_68_model', 'face_landmark_68_tiny_model'] as const;
/** Others in face-api's folder, which need not be sorted out before it is dropped. */
const unusedModels = [
  'age_gender_model',
  'face_expression_model',
  'face_recognition_model',
  'ssd_mobilenetv1_model',
];

const manifestOf = (model: string): string => `${model}-weights_manifest.json`;

/** Shards are called `….bin` in one copy of face-api, `…-shard1` in another. */
const shardsOf = (model: string): RegExp => new RegExp(`^${model}(\\.bin|-shard\\d+)$`);

const nameOf = ({ path }: NamedFile): string => path.slice(path.lastIndexOf('/') + 1);

const isOfModel = (name: string, model: string): boolean =>
  name === manifestOf(model) || shardsOf(model).test(name);

export interface PickedDetectorFiles<F> {
  readonly detector: readonly F[];
  /** Everything else, but for the models of face-api that nobody needs here. */
  readonly others: readonly F[];
}

/** Takes the parts of a detector out of what was brought, by their names. */
export function pickDetectorFiles<F extends NamedFile>(files: readonly F[]): PickedDetectorFiles<F> {
  const mtcnn: readonly string[] = mtcnnNames.flat();
  const isDetector = (name: string) =>
    mtcnn.includes(name) || [detectorModel, ...pointsModels].some((model) => isOfModel(name, model));
  const isUnused = (name: string) => unusedModels.some((model) => isOfModel(name, model));
  return {
    detector: files.filter((file) => isDetector(nameOf(file))),
    others: files.filter((file) => !isDetector(nameOf(file)) && !isUnused(nameOf(file))),
  };
}

/** A detector, or the names of the files that are missing to the one that was begun. */
export type Assembled<F> = { readonly found: DetectorFiles<F> } | { readonly missing: readonly string[] };

/** Puts together what was brought so far; of files of one name the last counts. MTCNN goes before face-api, its points being nearer. */
export function assemble<F extends NamedFile>(brought: readonly F[]): Assembled<F> {
  const files = new Map(brought.map((file) => [nameOf(file), file]));
  for (const names of mtcnnNames) {
    const [proposal, refinement, output] = names.map((name) => files.get(name));
    if (proposal && refinement && output)
      return { found: { kind: 'mtcnn', files: [proposal, refinement, output] } };
  }
  const pointsModel = pointsModels.find((model) => files.has(manifestOf(model))) ?? pointsModels[0];
  const missing = [detectorModel, pointsModel].flatMap((model) => missingOf(model, files));
  const [detector, points] = [files.get(manifestOf(detectorModel)), files.get(manifestOf(pointsModel))];
  if (detector && points && missing.length === 0)
    return { found: { kind: 'face-api', detector, points, files } };
  const begun = mtcnnNames.find((names) => names.some((name) => files.has(name)));
  return { missing: begun ? begun.filter((name) => !files.has(name)) : missing };
}

function missingOf(model: string, files: ReadonlyMap<string, unknown>): string[] {
  const hasShard = [...files.keys()].some((name) => shardsOf(model).test(name));
  return [
    ...(files.has(manifestOf(model)) ? [] : [manifestOf(model)]),
    ...(hasShard ? [] : [`${model}.bin`]),
  ];
}
