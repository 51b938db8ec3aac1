import {
  type AbstractElem,
  type AssignElem,
  bindIdents,
  type ComponentExpression,
  childElems,
  type DeclIdent,
  type FunctionCallExpression,
  type GlobalVarElem,
  parseSrcModule,
  RecordResolver,
  type RefIdent,
  refDecl,
  type Scope,
  type Type,
  typeOfDecl,
} from 'wesl';
import { structLayout } from './struct-layout.ts';

/** A variable in storage that is an array of a length that the text does not say. */
export interface StorageArray {
  /** Text of the type of its elements, from `start` up to `end`. */
  readonly element: string;
  readonly start: number;
  readonly end: number;
  /** Bytes of an element. */
  readonly stride: number;
  /** What its elements are numbers of, and how many of them one is; null for structures. */
  readonly numbers: { readonly scalar: string; readonly count: number } | null;
}

/** A place in the text where an array is used by its elements, or its length. */
export type StorageAccess = { readonly name: string } & (
  | { readonly kind: 'read'; readonly elem: ComponentExpression }
  | { readonly kind: 'write'; readonly elem: AssignElem; readonly target: ComponentExpression }
  | { readonly kind: 'length'; readonly elem: FunctionCallExpression }
);

/** What a kernel does with its variables in storage. */
export interface StorageUse {
  /** Those of the wanted variables that are such arrays. */
  readonly arrays: ReadonlyMap<string, StorageArray>;
  /** Every read, write and question for the length of arrays; what is inside of another one comes before it. */
  readonly accesses: readonly StorageAccess[];
  /** Names of variables that are also used otherwise: by a pointer, as a whole, by members that are written. */
  readonly otherwise: ReadonlySet<string>;
  /** Names of variables whose contents matter to the kernel. */
  readonly read: ReadonlySet<string>;
}

/**
 * Finds every use of the variables in storage in plain WGSL.
 *
 * @param wanted names of variables whose elements are to be described
 */
export function storageUse(wgsl: string, wanted: { has(name: string): boolean }): StorageUse {
  const file = './main.wesl';
  const rootAst = parseSrcModule({ modulePath: 'package::main', debugFilePath: file, src: wgsl });
  // What is bound to nothing are functions of the driver that the linker does not know.
  const { bindings } = bindIdents({
    rootAst,
    resolver: new RecordResolver({ [file]: wgsl }),
    accumulateUnbound: true,
  });
  const arrays = new Map<string, StorageArray>();
  const variables = new Map<DeclIdent, string>();
  for (const elem of childElems(rootAst.moduleElem)) {
    if (elem.kind !== 'gvar' || elem.template?.[0]?.name !== 'storage') continue;
    const { ident } = elem.name.decl;
    const name = ident.originalName;
    variables.set(ident, name);
    const array = wanted.has(name) && storageArray(wgsl, elem, typeOfDecl(ident, { bindings }));
    if (array) arrays.set(name, array);
  }
  const walk = new Walk((ident) => refDecl(ident, bindings), variables);
  walk.visit(rootAst.moduleElem);
  const { accesses, otherwise, read } = walk;
  return { arrays, accesses, otherwise, read };
}

/** What happens to what an expression names; a pointer to it may do both. */
type Use = 'read' | 'write' | 'both';

/** A walk over a module that notes where its variables in storage are used. */
class Walk {
  readonly accesses: StorageAccess[] = [];
  readonly otherwise = new Set<string>();
  readonly read = new Set<string>();
  private readonly declarationOf: (ident: RefIdent) => DeclIdent | undefined;
  private readonly variables: ReadonlyMap<DeclIdent, string>;
  /** The local declaration whose first value is being walked. */
  private declared: DeclIdent | null = null;

  /** @param variables those in storage, with their names: local ones may have the same */
  constructor(
    declarationOf: (ident: RefIdent) => DeclIdent | undefined,
    variables: ReadonlyMap<DeclIdent, string>,
  ) {
    this.declarationOf = declarationOf;
    this.variables = variables;
  }

  visit(elem: AbstractElem, use: Use = 'read'): void {
    switch (elem.kind) {
      case 'ref': {
        const name = this.nameOf(elem);
        if (name === undefined) break;
        this.otherwise.add(name);
        this.note(name, use);
        break;
      }
      case 'component-expression': {
        const name = this.nameOf(elem.base);
        this.visit(elem.access);
        if (name !== undefined && use === 'read') {
          this.note(name, use);
          this.accesses.push({ kind: 'read', name, elem });
        } else this.visit(elem.base, use);
        break;
      }
      case 'component-member-expression':
        this.visit(elem.base, use);
        break;
      case 'parenthesized-expression':
        this.visit(elem.expression, use);
        break;
      case 'unary-expression':
        this.visit(elem.expression, elem.operator.value === '&' ? 'both' : 'read');
        break;
      case 'increment':
      case 'decrement':
        this.visit(elem.target, 'both');
        break;
      case 'let':
      case 'var':
      case 'const': {
        const outer = this.declared;
        this.declared = elem.name.decl.ident;
        if (elem.init) this.visit(elem.init);
        this.declared = outer;
        break;
      }
      case 'call-expression':
        this.visitCall(elem);
        break;
      case 'assign':
        this.visitAssignment(elem);
        break;
      default:
        for (const child of childElems(elem)) this.visit(child);
    }
  }

  private visitCall(elem: FunctionCallExpression): void {
    const [pointer] = elem.arguments;
    const asks = elem.function.kind === 'ref' && elem.function.ident.originalName === 'arrayLength';
    const name = asks && pointer?.kind === 'unary-expression' ? this.nameOf(pointer.expression) : undefined;
    if (name !== undefined) this.accesses.push({ kind: 'length', name, elem });
    else for (const child of childElems(elem)) this.visit(child);
  }

  private visitAssignment(elem: AssignElem): void {
    const { lhs: target, op, rhs } = elem;
    this.visit(rhs);
    if (target.kind === 'phony') return;
    const use = op.value === '=' ? 'write' : 'both';
    const name = target.kind === 'component-expression' ? this.nameOf(target.base) : undefined;
    if (target.kind === 'component-expression' && name !== undefined) {
      this.visit(target.access);
      this.note(name, use);
      this.accesses.push({ kind: 'write', name, elem, target });
    } else this.visit(target, use);
  }

  private nameOf(elem: AbstractElem): string | undefined {
    if (elem.kind !== 'ref') return undefined;
    const declaration = this.declarationOf(elem.ident);
    // In `let x = x[0]` the second x is that of an outer scope; the linker takes it for the first one.
    const meant = declaration && declaration === this.declared ? hiddenBy(declaration) : declaration;
    return meant && this.variables.get(meant);
  }

  private note(name: string, use: Use): void {
    if (use !== 'write') this.read.add(name);
  }
}

/** What the name of a local declaration stands for around its scope. */
function hiddenBy({ originalName, containingScope }: DeclIdent): DeclIdent | undefined {
  for (let { parent } = containingScope; parent; { parent } = parent) {
    const hidden = declarationsIn(parent).find((other) => other.originalName === originalName);
    if (hidden) return hidden;
  }
  return undefined;
}

/** What a scope declares; the linker keeps what has attributes in scopes inside of it. */
const declarationsIn = ({ contents }: Scope): DeclIdent[] =>
  contents.flatMap((item) =>
    item.kind === 'decl' ? [item] : item.kind === 'partial' ? declarationsIn(item) : [],
  );

function storageArray(wgsl: string, { name }: GlobalVarElem, type: Type): StorageArray | null {
  const text = name.typeRef?.templateParams?.[0];
  if (type.kind !== 'array' || type.count !== undefined || !text) return null;
  const stride = strideOf(wgsl, type.elem);
  const { start, end } = text;
  return stride === null
    ? null
    : { element: wgsl.slice(start, end), start, end, stride, numbers: numbersOf(type.elem) };
}

function numbersOf(type: Type): StorageArray['numbers'] {
  if (type.kind === 'scalar') return { scalar: type.scalar, count: 1 };
  return type.kind === 'vector' ? { scalar: type.elem.scalar, count: type.size } : null;
}

/** Bytes from one element of an array to the next (https://www.w3.org/TR/WGSL/, alignment and size). */
function strideOf(wgsl: string, type: Type): number | null {
  const bytes = (scalar: string): number => (scalar === 'f16' ? 2 : 4);
  if (type.kind === 'scalar') return bytes(type.scalar);
  if (type.kind === 'vector') return bytes(type.elem.scalar) * (type.size === 3 ? 4 : type.size);
  return type.kind === 'struct' ? 4 * structLayout(wgsl, type.name).words : null;
}
