// The breaks of one source file, found by TypeScript's parser: each changes one expression or statement. Pure.
import ts from 'typescript';

/**
 * @typedef {object} Mutant
 * @property {string} file
 * @property {number} line from 1
 * @property {number} column from 1
 * @property {number} start
 * @property {number} end
 * @property {string} from the text that is replaced
 * @property {string} to
 * @property {string} kind
 */

const { SyntaxKind: Kind } = ts;

const comparisons = new Map([
  [Kind.LessThanToken, '<='],
  [Kind.LessThanEqualsToken, '<'],
  [Kind.GreaterThanToken, '>='],
  [Kind.GreaterThanEqualsToken, '>'],
  [Kind.EqualsEqualsEqualsToken, '!=='],
  [Kind.ExclamationEqualsEqualsToken, '==='],
]);
const conditions = new Map([
  [Kind.AmpersandAmpersandToken, '||'],
  [Kind.BarBarToken, '&&'],
]);
const arithmetic = new Map([
  [Kind.PlusToken, '-'],
  [Kind.MinusToken, '+'],
  [Kind.AmpersandToken, '|'],
  [Kind.BarToken, '&'],
]);
const methods = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['min', 'max'],
  ['max', 'min'],
]);

/** Limits of time and memory, and what is only said, not decided: tests of their own look at those. */
const notJudged = /deadline|expired|timeLimit|elapsed|memory|shrinkMs|attemptMs|\bnow\(\)|longestReport|mostTold|mostListed|\bassert\(/;
const onlySaid = /^(?:explanation|describe|summary|message|warnings?|unknown|reason)$/;

/** All breaks of a file, in the order in which they stand. @returns {Mutant[]} */
export const mutantsOf = (file, text) => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  /** @type {Mutant[]} */
  const found = [];
  const add = (start, end, to, kind) => {
    const { line, character } = source.getLineAndCharacterOfPosition(start);
    found.push({ file, line: line + 1, column: character + 1, start, end, from: text.slice(start, end), to, kind });
  };
  const replace = (node, to, kind) => add(node.getStart(source), node.getEnd(), to, kind);
  const textOf = node => node.getText(source);
  const visit = node => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isImportDeclaration(node)) return;
    if (isOnlySaid(node)) return;
    if (ts.isStatement(node) && !ts.isBlock(node) && node.getText(source).length < 200 && notJudged.test(textOf(node))) return;
    breaksOf(node, { replace, textOf });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
};

const isOnlySaid = node =>
  (ts.isPropertyAssignment(node) && onlySaid.test(node.name.getText())) ||
  ts.isTemplateExpression(node) ||
  (ts.isCallExpression(node) &&
    ts.isIdentifier(node.expression) &&
    ['anomaly', 'assert', 'told', 'show', 'counted'].includes(node.expression.text));

const breaksOf = (node, { replace, textOf }) => {
  if (ts.isBinaryExpression(node)) return breaksOfBinary(node, replace);
  if (node.kind === Kind.TrueKeyword) return replace(node, 'false', 'flipped');
  if (node.kind === Kind.FalseKeyword) return replace(node, 'true', 'flipped');
  if (ts.isPrefixUnaryExpression(node) && node.operator === Kind.ExclamationToken)
    return replace(node, textOf(node.operand), 'not dropped');
  if (ts.isIfStatement(node)) {
    replace(node.expression, 'false', 'condition never holds');
    return replace(node.expression, 'true', 'condition always holds');
  }
  if (ts.isConditionalExpression(node)) return replace(node.condition, `!(${textOf(node.condition)})`, 'branches swapped');
  if (ts.isNumericLiteral(node)) return breakOfNumber(node, replace);
  if (ts.isExpressionStatement(node) && isEffect(node.expression)) return replace(node, ';', 'statement skipped');
  if (ts.isContinueStatement(node)) return replace(node, ';', 'statement skipped');
  if (
    ts.isPropertyAccessExpression(node) &&
    methods.has(node.name.text) &&
    ts.isCallExpression(node.parent) &&
    node.parent.expression === node
  )
    return replace(node.name, methods.get(node.name.text), 'other quantifier');
  if (ts.isCallExpression(node)) return swapped(node, replace, textOf);
};

const breaksOfBinary = (node, replace) => {
  const { kind } = node.operatorToken;
  if (comparisons.has(kind)) return replace(node.operatorToken, comparisons.get(kind), 'comparison');
  if (conditions.has(kind)) return replace(node.operatorToken, conditions.get(kind), 'and for or');
  const isText = [node.left, node.right].some(side => ts.isStringLiteralLike(side) || ts.isTemplateExpression(side));
  if (arithmetic.has(kind) && !isText) return replace(node.operatorToken, arithmetic.get(kind), 'arithmetic');
};

/** 0, 1 and 2 are places and steps; larger ones, and constants of the file, are sizes and limits. */
const breakOfNumber = (node, replace) => {
  if (!['0', '1', '2'].includes(node.text) || ts.isVariableDeclaration(node.parent) || ts.isLiteralTypeNode(node.parent)) return;
  replace(node, String(Number(node.text) + 1), 'off by one');
};

const isEffect = node =>
  ts.isCallExpression(node) ||
  (ts.isBinaryExpression(node) && node.operatorToken.kind >= Kind.FirstAssignment && node.operatorToken.kind <= Kind.LastAssignment);

const swapped = (node, replace, textOf) => {
  const [first, second] = node.arguments;
  if (first === undefined || second === undefined) return;
  const simple = argument => ts.isIdentifier(argument) || ts.isPropertyAccessExpression(argument);
  if (!simple(first) || !simple(second) || textOf(first) === textOf(second)) return;
  const rest = node.arguments.map(textOf);
  replace(node, `${textOf(node.expression)}(${[rest[1], rest[0], ...rest.slice(2)].join(', ')})`, 'arguments swapped');
};

/** As many of them, the same every time, spread over the file by a hash of what they are. */
export const sampleOf = (mutants, count) =>
  mutants.length <= count
    ? mutants
    : [...mutants]
        .sort((a, b) => hash(nameOf(a)) - hash(nameOf(b)))
        .slice(0, count)
        .sort((a, b) => a.start - b.start);

/** What a break is called. */
export const nameOf = ({ file, kind, from, to, start }) => `${file} ${kind} ${from} -> ${to} ${start}`;

const hash = text => {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  // FNV's low bits hardly mix for texts that differ at the end alone.
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) >>> 0;
  return (h ^ (h >>> 13)) >>> 0;
};
