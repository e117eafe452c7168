//! An actor: a few scenes, each a future that only the answers to its operations can influence.
//!
//! A future cannot be copied or compared. But it knows nothing except the answers that it was
//! given, so those *are* its state. An actor is therefore explored once for each sequence of
//! answers: a scene runs from its beginning and gets these answers, and its next operation is kept
//! in a tree. From then on it is looked up, whatever the other actors did in between.
//!
//! Different answers can lead to the same state. An actor claims this with [`Gate::knows_only`];
//! then its ways meet in one position of the tree. The claim is checked: from there on every scene
//! also runs by a second way, and must do the same.

use std::cell::{Ref, RefCell};
use std::collections::HashMap;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use shared::domain::Role;
use testing::Kind;

use crate::action::{Action, Reply};
use crate::flaw::Flaw;
use crate::gate::{Gate, Note};
use crate::person::{Ids, Person};

/// A part of an actor's life. One scene influences the next only through the world.
type Scene = Box<dyn Fn(Gate, Ids) -> Pin<Box<dyn Future<Output = ()>>>>;

/// An actor's position in its scenes.
pub(crate) type Position = u32;

/// The previous position, and the answer that led on from it.
type Came = (Position, Reply);

/// Somebody or something that acts, by asking the world for one operation after the other.
pub(crate) struct Actor {
    pub(crate) name: &'static str,
    index: usize,
    /// It joins and leaves. Otherwise it repairs the records.
    pub(crate) takes_part: bool,
    scenes: Vec<Scene>,
    flaw: Option<Flaw>,
    /// What video server it asks.
    pub(crate) kind: Kind,
    tree: RefCell<Tree>,
}

/// What an actor does after which answers.
#[derive(Default)]
struct Tree {
    nodes: Vec<Node>,
    /// Where the beginning of a scene, or an answer at a position, leads.
    ways: HashMap<(usize, Option<Came>), Way>,
    /// Positions for which it does not matter how the actor got there.
    known: HashMap<(usize, String), Position>,
}

/// What an actor does after certain answers.
struct Node {
    scene: usize,
    /// The previous position and the answer that led here first. `None` at the beginning of a
    /// scene.
    came: Option<Came>,
    /// What led here last, if it does not matter how the actor got here.
    came_also: Option<Came>,
    /// The operation that it waits for. `None` at the end of a scene.
    asks: Option<Action>,
}

/// What a scene does after its answers: its next operation, its notes, and what it claims to know.
type Turn = (Option<Action>, Vec<Note>, Option<String>);

/// Where an answer leads.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) to: Position,
    /// What the actor tells the checker on this way.
    pub(crate) notes: Rc<[Note]>,
}

impl Actor {
    /// Makes the actor with this index. No two have the same.
    pub(crate) fn new(index: usize, name: &'static str) -> Self {
        let (scenes, flaw, tree) = (Vec::new(), None, RefCell::default());
        Self {
            name,
            index,
            takes_part: false,
            scenes,
            flaw,
            kind: Kind::default(),
            tree,
        }
    }

    /// Adds a scene.
    pub(crate) fn then<F>(mut self, scene: impl Fn(Gate, Ids) -> F + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        self.scenes
            .push(Box::new(move |gate, ids| Box::pin(scene(gate, ids))));
        self
    }

    /// Adds a scene of the user with this actor's name.
    pub(crate) fn does<F>(self, role: Role, scene: impl Fn(Person) -> F + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        // "ann" and "ann's other tab" are the same user.
        let user = self.name.split('\'').next().unwrap_or_default();
        let participant = Self {
            takes_part: true,
            ..self
        };
        participant.then(move |gate, ids| scene(Person::new(user, role, gate, ids)))
    }

    /// Makes the actor follow a wrong version of the rules.
    pub(crate) fn wrong(mut self, flaw: Flaw) -> Self {
        self.flaw = Some(flaw);
        self
    }

    /// The beginning of the scene with this number, if there is one.
    pub(crate) fn begin(&self, scene: usize) -> Option<Way> {
        (scene < self.scenes.len()).then(|| self.go(scene, None))
    }

    /// The beginning of the next scene, if there is one.
    pub(crate) fn begin_next(&self, after: Position) -> Option<Way> {
        let scene = self.node(after).scene;
        self.begin(scene + 1)
    }

    /// Where `answer` leads.
    pub(crate) fn after(&self, position: Position, answer: Reply) -> Way {
        let scene = self.node(position).scene;
        self.go(scene, Some((position, answer)))
    }

    /// The operation that the actor waits for. `None` at the end of a scene.
    pub(crate) fn asks(&self, position: Position) -> Option<Ref<'_, Action>> {
        Ref::filter_map(self.node(position), |node| node.asks.as_ref()).ok()
    }

    /// Does the actor send this again if the answer is lost?
    pub(crate) fn repeats(&self, action: &Action) -> bool {
        let openings_too = self.flaw == Some(Flaw::OpeningRepeated);
        action.is_repeated() || openings_too && action.is_remote()
    }

    /// Every operation with every answer that it got, to see what was reached.
    pub(crate) fn exchanges(&self) -> Vec<(Action, Reply)> {
        let tree = self.tree.borrow();
        let ways = tree.ways.keys().filter_map(|(_, came)| came.as_ref());
        let exchange = |(position, answer): &(Position, Reply)| {
            let asks = tree.nodes[*position as usize].asks.clone();
            asks.map(|operation| (operation, answer.clone()))
        };
        ways.filter_map(exchange).collect()
    }

    fn node(&self, position: Position) -> Ref<'_, Node> {
        Ref::map(self.tree.borrow(), |tree| &tree.nodes[position as usize])
    }

    fn go(&self, scene: usize, came: Option<Came>) -> Way {
        let key = (scene, came);
        if let Some(way) = self.tree.borrow().ways.get(&key) {
            return way.clone();
        }
        let way = self.explore(scene, key.1.clone());
        self.tree.borrow_mut().ways.insert(key, way.clone());
        way
    }

    fn explore(&self, scene: usize, came: Option<Came>) -> Way {
        let last = came.as_ref();
        let (asks, notes, knows) = self.run(scene, &self.answers(last, |node| node.came.as_ref()));

        // Where it does not matter how the actor got there, another way must lead to the same.
        let also: fn(&Node) -> Option<&Came> =
            |node| node.came_also.as_ref().or(node.came.as_ref());
        let again = self.run(scene, &self.answers(last, also));
        assert_eq!(
            format!("{again:?}"),
            format!("{:?}", (&asks, &notes, &knows)),
            "{} knows more than it claims",
            self.name
        );

        let node = Node {
            scene,
            came,
            came_also: None,
            asks,
        };
        let to = self.tree.borrow_mut().place(node, knows);
        Way {
            to,
            notes: notes.into(),
        }
    }

    /// Runs a scene from its beginning until it has used up these answers.
    fn run(&self, scene: usize, answers: &[Reply]) -> Turn {
        let gate = Gate::new(self.flaw, self.kind);
        let ids = Ids {
            actor: self.index as u64,
            scene: scene as u64 + 1,
        };
        let mut future = self.scenes[scene](gate.clone(), ids);
        let mut go_on = || {
            future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
        };

        for answer in answers {
            let waits = go_on().is_pending();
            assert!(waits, "the scene ended before");
            gate.take_notes();
            gate.take_knowledge();
            gate.answer(answer.clone());
        }
        let asks = match go_on() {
            Poll::Pending => Some(gate.take_asked().expect("who waits has asked")),
            Poll::Ready(()) => None,
        };
        (asks, gate.take_notes(), gate.take_knowledge())
    }

    fn answers(&self, last: Option<&Came>, came: fn(&Node) -> Option<&Came>) -> Vec<Reply> {
        let tree = self.tree.borrow();
        let before = |last: &&Came| came(&tree.nodes[last.0 as usize]);
        let back = std::iter::successors(last, before);
        let mut answers: Vec<Reply> = back.map(|(_, answer)| answer.clone()).collect();
        answers.reverse();
        answers
    }
}

impl Tree {
    fn place(&mut self, node: Node, knows: Option<String>) -> Position {
        let new = Position::try_from(self.nodes.len()).expect("not that many");
        let place = match knows {
            Some(knowledge) => *self.known.entry((node.scene, knowledge)).or_insert(new),
            None => new,
        };
        if place == new {
            self.nodes.push(node);
        } else {
            self.nodes[place as usize].came_also = node.came;
        }
        place
    }
}
