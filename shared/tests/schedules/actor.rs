//! An actor: a few scenes, each a future that only the answers to its operations can influence.
//!
//! A future cannot be copied or compared, but as it knows nothing but the answers it was given, those
//! *are* its state. So an actor is explored once for each sequence of answers, by running a scene
//! from its beginning and giving it these answers; what it asks next is kept in a tree and looked
//! up from then on, whatever the other actors did in between.

use std::cell::{Ref, RefCell};
use std::collections::HashMap;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use shared::domain::Role;

use crate::flaw::Flaw;
use crate::gate::{Gate, Note};
use crate::operation::{Answer, Operation};
use crate::person::Person;

/// A part of an actor's life. Nothing but the world leads from one to the next.
type Scene = Box<dyn Fn(Gate, u64) -> Pin<Box<dyn Future<Output = ()>>>>;

/// Where an actor is in its scenes.
pub(crate) type Position = u32;

/// Somebody or something that acts, by asking the world for one operation after the other.
pub(crate) struct Actor {
    pub(crate) name: &'static str,
    index: usize,
    scenes: Vec<Scene>,
    flaw: Option<Flaw>,
    tree: RefCell<Tree>,
}

/// What an actor does after which answers.
#[derive(Default)]
struct Tree {
    nodes: Vec<Node>,
    children: HashMap<(Option<Position>, usize, Option<Answer>), Position>,
}

/// What an actor does after certain answers.
pub(crate) struct Node {
    scene: usize,
    /// The position before and the answer that led here; the scene's beginning has none.
    came: Option<(Position, Answer)>,
    /// What it lets the checker know.
    pub(crate) notes: Vec<Note>,
    /// The operation it waits for; without one, the scene has ended.
    pub(crate) asks: Option<Operation>,
}

impl Actor {
    /// The actor of this index among all; no two have the same.
    pub(crate) fn new(index: usize, name: &'static str) -> Self {
        let (scenes, flaw, tree) = (Vec::new(), None, RefCell::default());
        Self { name, index, scenes, flaw, tree }
    }

    /// Adds a scene.
    pub(crate) fn then<F>(mut self, scene: impl Fn(Gate, u64) -> F + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        self.scenes.push(Box::new(move |gate, ids| Box::pin(scene(gate, ids))));
        self
    }

    /// Adds a scene of the user of this actor's name.
    pub(crate) fn does<F>(self, role: Role, scene: impl Fn(Person) -> F + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        // "ann" and "ann's other tab" are one user.
        let user = self.name.split('\'').next().unwrap_or_default();
        self.then(move |gate, ids| scene(Person::new(user, role, gate, ids)))
    }

    /// Makes the actor follow a wrong version of the rules.
    pub(crate) fn wrong(mut self, flaw: Flaw) -> Self {
        self.flaw = Some(flaw);
        self
    }

    /// Where the scene of this number begins, if there is one.
    pub(crate) fn begin(&self, scene: usize) -> Option<Position> {
        (scene < self.scenes.len()).then(|| self.look_up(None, scene, None))
    }

    /// Where the next scene begins, if there is one.
    pub(crate) fn begin_next(&self, after: Position) -> Option<Position> {
        let scene = self.node(after).scene;
        self.begin(scene + 1)
    }

    /// Where `answer` leads.
    pub(crate) fn after(&self, position: Position, answer: Answer) -> Position {
        let scene = self.node(position).scene;
        self.look_up(Some(position), scene, Some(answer))
    }

    pub(crate) fn node(&self, position: Position) -> Ref<'_, Node> {
        Ref::map(self.tree.borrow(), |tree| &tree.nodes[position as usize])
    }

    /// Every operation with every answer that it was given, for seeing what was reached.
    pub(crate) fn exchanges(&self) -> Vec<(Operation, Answer)> {
        let tree = self.tree.borrow();
        let exchange = |node: &Node| {
            let (before, answer) = node.came.clone()?;
            Some((tree.nodes[before as usize].asks.clone()?, answer))
        };
        tree.nodes.iter().filter_map(exchange).collect()
    }

    fn look_up(&self, from: Option<Position>, scene: usize, answer: Option<Answer>) -> Position {
        let key = (from, scene, answer);
        if let Some(known) = self.tree.borrow().children.get(&key) {
            return *known;
        }
        let (from, scene, answer) = key.clone();
        let node = self.run(scene, from.zip(answer));
        let mut tree = self.tree.borrow_mut();
        let position = Position::try_from(tree.nodes.len()).expect("fewer positions");
        tree.nodes.push(node);
        tree.children.insert(key, position);
        position
    }

    /// Runs a scene from its beginning until it has used up its answers.
    fn run(&self, scene: usize, came: Option<(Position, Answer)>) -> Node {
        let gate = Gate::new(self.flaw);
        let ids = ((self.index as u64 + 0xa) << 16) | ((scene as u64) << 8);
        let mut future = self.scenes[scene](gate.clone(), ids);
        let mut go_on = || future.as_mut().poll(&mut Context::from_waker(Waker::noop()));

        for answer in self.answers(came.as_ref()) {
            let waits = go_on().is_pending();
            assert!(waits, "the scene ended before");
            gate.take_notes();
            gate.answer(answer);
        }
        let asks = match go_on() {
            Poll::Pending => Some(gate.take_asked().expect("who waits has asked")),
            Poll::Ready(()) => None,
        };
        let notes = gate.take_notes();
        Node { scene, came, notes, asks }
    }

    fn answers(&self, last: Option<&(Position, Answer)>) -> Vec<Answer> {
        let tree = self.tree.borrow();
        let before = |came: &&(Position, Answer)| tree.nodes[came.0 as usize].came.as_ref();
        let back = std::iter::successors(last, before);
        let mut answers: Vec<Answer> = back.map(|(_, answer)| answer.clone()).collect();
        answers.reverse();
        answers
    }
}
