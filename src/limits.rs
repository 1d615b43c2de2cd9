//! The numeric bounds of the analysis, with their reasons. Where one is hit, what is lost is a gap, and what is only
//! coarser is less sure.

/// The number of a bind parameter that is beyond all that databases take: what a hole assigns or is a row of is one of
/// those that are bound, and it is not known which.
pub const SQL_OPEN_PARAM: u32 = 65_536;
/// Longest statement of SQL that is parsed, in bytes: generated seed data beyond it holds rows, not structure.
pub const SQL_STATEMENT_BYTES: usize = 4 << 20;
/// Tokens of one expression or statement that Rust puts together; an expression used twice in the next doubles.
pub const SQL_TOKENS: usize = 4_096;
/// Holes of a text of which each is tried with a name and with nothing: every one more doubles the texts. Of more all
/// are the same, or as what stands around them says.
pub const SQL_HOLES: usize = 5;
/// Ways through the code by which Rust puts one statement together, each a statement of its own.
pub const SQL_WAYS: usize = 8;
/// Elements of a list that is written out of which each is put into a text of its own: the tables that are emptied.
pub const SQL_ELEMENTS: usize = 64;
/// Calls of functions that are given parts of statements and followed with them, in one program: each is a walk
/// through a body of its own.
pub const SQL_INLINED: usize = 20_000;
/// Operators (`AND`, `UNION`, `+` ..) that may nest into each other in one statement. `sqlparser` builds one level of
/// tree for each and dies when a tree of 100,000 is dropped.
pub const SQL_CHAIN: u32 = 2_000;
/// Operators up to which a statement is parsed on the stack of the caller; beyond it on a stack of its own.
pub const SQL_CHAIN_INLINE: u32 = 100;
/// That stack, in bytes: only what is used of it is ever taken.
pub const SQL_STACK: usize = 256 << 20;
/// Levels of an expression that are lowered; chains of one operator are one level.
pub const SQL_LEVELS: u32 = 80;
/// Brackets within brackets in one statement; `sqlparser` itself refuses about 60 with an error.
pub const SQL_NESTING: u32 = 200;
/// Brackets within brackets in one expression of a template; of one with more nothing is known.
pub const TEMPLATE_NESTING: usize = 64;
/// Ways into its context that a template shows; of one with more all is shown.
pub const TEMPLATE_WAYS: usize = 256;
/// Recursion that `sqlparser` is allowed while it parses.
pub const SQL_RECURSION: usize = 50;
/// Levels of fields at which a part of a value is looked for that can only be one of some constants.
pub const CHOICES_DEPTH: usize = 4;
/// Fields that are looked at for that: of more the parts are as the whole.
pub const CHOICES: usize = 128;
/// Levels of fields at which what a derive makes of a value of another type is told apart.
pub const CONVERTED: usize = 3;
/// Levels of fields at which a part of a value is looked for that does something when it goes.
pub const DROPPED_DEPTH: usize = 4;
/// Such parts of one variable.
pub const DROPPED_PARTS: usize = 16;
/// Rounds of a loop after which it is taken that what it owns has settled.
pub const DROPPED_ROUNDS: usize = 12;
/// Levels of queries and expressions that lineage follows inside each other.
pub const SQL_DEPTH: u32 = 128;
/// Expressions and columns visited in one statement by lineage; beyond it the rest has no flow and is listed as
/// unresolved.
pub const SQL_STEPS: u32 = 400_000;
/// Sources kept for one value inside a statement.
pub const SQL_SOURCES: usize = 256;
/// Routines and triggers that are followed inside each other.
pub const SQL_CALLS: usize = 8;
/// SQL functions remembered on the way of one value; the first ones are kept.
pub const SQL_FUNCTIONS: usize = 4;
/// Bytes of a text that may be a key or a path into a JSON value.
pub const SQL_KEY_BYTES: usize = 200;
/// Keys of one JSON value in SQL that are told apart, those inside of others counted where they stand: objects that
/// hold one another twice double with every step. Beyond it asking for a key gives all that the value holds.
pub const SQL_KEYS: usize = 512;
/// Bytes that the text of an `EXECUTE` may have with its values in place of its parameters.
pub const SQL_EXECUTE_BYTES: usize = 256 << 10;
/// Parts of one argument that a bound function is known to take; beyond it, it takes all of it.
pub const TAKEN_PARTS: usize = 64;
/// Macros and loops of a template that are expanded inside each other.
pub const TEMPLATE_DEPTH: usize = 8;
/// Bytes that one expanded macro, loop or block of a template may have.
pub const TEMPLATE_BYTES: usize = 256 << 10;
/// Rounds in which a recursive query's columns settle.
pub const SQL_RECURSIVE_ROUNDS: u32 = 4;
/// Stack of the threads that parse and interpret code, which both recurse. In bytes; only touched pages cost.
pub const STACK_BYTES: usize = 256 * 1024 * 1024;
/// Longest Rust file that is read, in bytes: the lexer keeps positions in 32 bits a thread.
pub const RUST_BYTES: usize = 64 << 20;
/// Greatest height of a Rust file, in the units of `front::rust::scan`, about a KiB of stack each: the parser and the
/// lowering recurse over the tree, and a worker has 16 MiB. Of 3.8 million lines of services none comes near.
pub const RUST_HEIGHT: u32 = 4_096;

/// Largest file that is read, in bytes: above it are generated tables and dumps that no one reviews.
pub const FILE_BYTES: u64 = 8 << 20;
/// How deep folders may nest; deeper ones are a loop or an attack.
pub const FOLDER_DEPTH: usize = 128;
/// Callables that a value may be and that are believed to be called; of more (a table of handlers), each is only likely.
pub const CALLABLES: usize = 8;
/// Parts of what the caller gave that one place calls and tells apart; of more it may be whatever can be called in it.
pub const CALLABLES_GIVEN: usize = 4;
/// Callables of one value that are followed at all.
pub const CALLABLES_FOLLOWED: usize = 64;
/// What one call of what a cell holds may run, with what that calls of what it was given.
pub const HELD_RUNS: usize = 256;
/// How often a function is read that sends and receives in no certain order, before what it sends counts as sent by
/// anyone.
pub const CHANNEL_ROUNDS: usize = 4;
/// Writes of one function to places that others see.
pub const SHARED_WRITES: usize = 512;
/// Places in what the caller gave to which a function writes and that are told apart; of more, fewer steps of the ways there
/// are told. A visitor of a tree that writes to its parts has one for each way through it.
pub const FAR_PLACES: usize = 64;
/// Fields in fields of a value of unknown origin (a parameter, what is deserialised) that are told apart. Where that
/// makes more than so many parts, fewer are.
pub const FRESH_DEPTH: usize = 8;
/// Those parts: fields of labelled types in the state of a large service, each by its way.
pub const FRESH_PARTS: usize = 512;
/// Steps of a path on which it is looked for a helper that the answers of others tell of; behind them it is not seen.
pub const ELSEWHERE_STEPS: usize = 64;
/// Rounds in which all that is shared settles; each carries data over one more place where it is kept, and only what
/// is concerned is done again.
pub const SHARED_ROUNDS: usize = 64;
/// Rounds in which one place that is shared changes before it is not told apart any more from others that do.
pub const SHARED_CHANGES: usize = 12;
/// Literal keys of a map under which what is there is told apart.
pub const KEYS: usize = 16;
/// Types behind one trait object of which it is told apart what values of each hold.
pub const KINDS: usize = 64;
/// Sources of one label that are only possible in a part of what is shared.
pub const SHARED_SOURCES: usize = 2;
/// Facts that are written to what is shared before what still changes is not told apart any more.
pub const SHARED_WORK: usize = 400_000;
/// Those after which it is left as it is, with a gap: in a trace everything that comes from anywhere is such a fact.
pub const SHARED_END: usize = 4_000_000;
/// Values of which is known at a time what they come to as a whole while what is shared settles: memory.
pub const SHARED_FLAT: usize = 4096;
/// Fields in fields of a value of unknown origin that are looked into whatever it is made of, and types that hold one
/// another.
pub const FRESH_RECURSIVE: usize = 3;
/// Parts that a value keeps apart when it is carried from one function to another; a row of a wide table has some
/// two hundred.
pub const VALUE_PARTS: usize = 256;
/// Facts of all these parts together. Several for each column of a wide table are far below; what was merged before has
/// all its facts in every part.
pub const VALUE_FACTS: usize = 1024;
/// Facts of what a function writes where others find it, of all such places together; beyond them parts of what the caller
/// gave are not told apart. Four large values.
pub const KEPT_FACTS: usize = 4096;
/// Facts that are copied to parts when values are joined, since they hold of the whole of one and the other has parts;
/// deeper parts are folded. Twice what is carried between functions.
pub const JOINED_FACTS: usize = 2048;
/// Calls around the place that makes a record, by which records are told apart.
pub const ROOT_SITES: usize = 3;
/// Records that are reached from records that are reached from records.
pub const ROOT_DEPTH: u8 = 4;
/// Places that data may be of; of more, it is not known whose the data is.
pub const ROOT_PLACES: usize = 8;
/// Cases of what is established that are kept apart; of more, only what all have in common is kept.
pub const GUARD_CASES: usize = 4;
/// Places at which a function has data of its caller arrive that are each told by themselves: of more, facts of one doubt
/// go together, and it is not told where that is.
pub const ENDS_EXACT: usize = 32;
/// Facts of one case of what is established; further ones are not kept.
pub const GUARD_FACTS: usize = 24;
/// Guards that were lost and are told.
pub const GUARDS_LOST: usize = 8;
/// Parts of what the caller gives that a label asks about; of more it stands whatever they are.
pub const ASKED: usize = 4;
/// Flows of a function, and below it, that its callers tell whether they happen; further ones are only possible.
pub const WAITING_FLOWS: usize = 1024;
/// Effects of one sort of a function (arrivals, uses, flows) that are only possible; further ones are left out, with a gap.
pub const POSSIBLE: usize = 512;
/// The same of the data of all of a function's arrivals.
pub const POSSIBLE_DATA: usize = 4096;
/// What all functions together say that is only possible, callees first; of what calls them only what is certain or likely
/// is followed, with a gap. Of services with up to 200,000 lines none comes near; of half a million lines of which little is
/// understood each new one is told by thousands of ways, which nobody reads.
pub const POSSIBLE_IN_ALL: usize = 400_000;
/// How deep the fields of what is printed are looked at, as when it is printed.
pub const PRINTED_DEPTH: u32 = 4;
/// Parts of one value that are looked at, as when it is printed or compared: each level has equal shares of what the one
/// above it has.
pub const PRINTED_PARTS: usize = 1024;
/// Errors behind each other that are looked at.
pub const SOURCES_DEPTH: u32 = 4;
/// How far down in structs borrows are looked for.
pub const BORROWS_DEPTH: u32 = 3;
/// Closures and blocks that run inside each other.
pub const CLOSURES_NESTED: usize = 24;
/// Closures in what closures took along.
pub const CLOSURES_TAKEN: usize = 3;
/// Functions that call each other in which closures of other functions take along theirs.
pub const CLOSURES_TOGETHER: usize = 8;
/// Closures in what one took along, and in what those did.
pub const CLOSURES_WITHIN: usize = 16;
/// Types in types that are read back part by part.
pub const READ_BACK_DEPTH: usize = 4;
/// Fields of a struct that the caller gives and that are told apart when it is written.
pub const WRITTEN_FIELDS: usize = 24;
/// How deep types are looked into for what is shared.
pub const SHARED_DEPTH: usize = 5;
/// Parts of one value that are looked at for what is shared.
pub const SHARED_PARTS: usize = 1024;
/// Pointers to pointers behind which a struct is looked at for what others share with it.
pub const POINTERS_BEHIND: usize = 3;
/// Calls of a function, and below it, of which its callers tell whether they are made; of more it is taken that they are.
pub const WAITING_CALLS: usize = 1024;
/// Roots of which a function remembers that they reach it.
pub const CONTEXT_ROOTS: usize = 8;
/// Roots whose flows are worked out before they are told: all at once would be much to keep.
pub const ROOTS_TOGETHER: usize = 64;
/// Steps of auto-deref.
pub const DEREFS: usize = 10;
/// Functions of one name that a call on an unknown receiver may mean.
pub const BY_NAME: usize = 4;
/// How deep types are compared; below, they count as unknown.
pub const TYPE_DEPTH: u32 = 10;
/// How deep closures nest; further in, their bodies are left out.
pub const CLOSURE_DEPTH: u32 = 16;
/// Values that one trace follows: lines with more are tables, and a column names one of them.
pub const TRACE_VALUES: usize = 64;
/// Sources without a label that a trace remembers of one shared place: in a large service thousands come to one, and
/// what is told of a value is a handful.
pub const TRACE_SOURCES: usize = 64;
/// Functions that are read once more: default methods for each type that takes them, generic functions for the types
/// that callers bring; beyond it one reading stands for all types.
pub const INSTANCES: usize = 4096;
/// Wrappers (`Arc`, `Option`, `Vec`) around each other that are looked through.
pub const WRAPPERS: usize = 16;
/// Functions through which a type is handed on that each of them hides behind its traits.
pub const HIDDEN_ROUNDS: usize = 4;
/// How deep the types nest for which a generic function is read once more; deeper ones may have no end.
pub const INSTANCE_DEPTH: usize = 4;
/// Functions that one call may reach and still be believed (`likely`); beyond it what passes through is `possible`.
pub const DISPATCH: usize = 40;
/// Arrivals of callees that are carried up into one function, their facts counted: beyond it lies generated dispatch,
/// or recursion through many traits.
pub const FLOW_STEPS: u64 = 60_000;
/// Expansions of macros inside each other, as many as the compiler allows where nothing else is said.
pub const MACRO_DEPTH: u32 = 128;
/// Tokens that the macros of one file may read and write together: below a second of work, far above what a service
/// needs, and what doubles itself gets there at once.
pub const MACRO_TOKENS: usize = 1 << 20;
/// Stack of one expansion inside another besides that of its tree, in the units of [`RUST_HEIGHT`].
pub const MACRO_LEVEL: u32 = 16;
