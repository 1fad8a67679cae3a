//! The menu of eight items that an elder can ask for.
//!
//! Exactly one item stands in each of the eight slots on any day. A replaced item keeps its row, because orders keep the item
//! that they were made under; figures look at an item's class, never at its code. The bureau edits names, texts, response
//! times and who may deliver at once, prices from a day on, and replaces an item from a day on.

pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// The service had not begun on that day.
pub const NO_MENU_YET: Code = Code::new(404, "no_menu_yet", "There was no menu on that day");
/// No such item.
pub const ITEM_NOT_FOUND: Code = Code::new(404, "menu_item_not_found", "There is no such item");
/// The menu is the city's: staff of a district read it.
pub const MENU_IS_THE_CITYS: Code = Code::new(
    403,
    "menu_is_the_citys",
    "The menu is kept by the city's bureau and the administrator",
);
/// A price begins on that day already.
pub const PRICE_IS_SET: Code = Code::new(
    409,
    "price_is_set",
    "A price that begins on this day is set already",
);
/// The item has ended, or its replacement is set.
pub const ITEM_IS_REPLACED: Code = Code::new(
    409,
    "menu_item_is_replaced",
    "The item has been replaced, or its replacement is set already",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[
    NO_MENU_YET,
    ITEM_NOT_FOUND,
    MENU_IS_THE_CITYS,
    PRICE_IS_SET,
    ITEM_IS_REPLACED,
];
