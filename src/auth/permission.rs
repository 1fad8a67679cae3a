//! Permissions as types: `Ctx<Steward>` cannot be built for anybody else.

use super::token::Unfinished;
use crate::tx::Role;

/// A set of roles that an operation lets in.
pub trait Permission: 'static {
    /// The roles.
    const ROLES: &'static [Role];
    /// Which log-ins it lets in that have something to do first; none, unless it is the very thing they must do.
    const UNFINISHED: &'static [Unfinished] = &[];
}

/// Whoever is logged in, even one who must change their password or enrol a second factor first.
pub struct Settling;
impl Permission for Settling {
    const ROLES: &'static [Role] = &Role::ALL;
    const UNFINISHED: &'static [Unfinished] = &[Unfinished::Password, Unfinished::Totp];
}

/// Whoever is logged in, even one who must enrol a second factor first.
pub struct Enrolling;
impl Permission for Enrolling {
    const ROLES: &'static [Role] = &Role::ALL;
    const UNFINISHED: &'static [Unfinished] = &[Unfinished::Totp];
}

/// Declares a permission.
#[macro_export]
macro_rules! permission {
    ($(#[$doc:meta])* $name:ident = $($role:ident)|+) => {
        $(#[$doc])*
        pub struct $name;
        impl $crate::auth::Permission for $name {
            const ROLES: &'static [$crate::tx::Role] = &[$($crate::tx::Role::$role),+];
        }
    };
}

permission!(
    /// Stewards.
    Steward = Steward
);
permission!(
    /// Provider organisations' people.
    Provider = Provider
);
permission!(
    /// Civil-affairs staff.
    Officer = Officer
);
permission!(
    /// The duty desk.
    Duty = Duty
);
permission!(
    /// Auditors.
    Auditor = Auditor
);
permission!(
    /// Administrators.
    Admin = Admin
);
permission!(
    /// Whoever is logged in.
    Anyone = Steward | Provider | Officer | Duty | Auditor | Admin
);
permission!(
    /// Those who work on elders' cases within an area.
    Casework = Steward | Officer | Duty
);
permission!(
    /// Those who read figures.
    Figures = Steward | Officer | Duty | Auditor
);
permission!(
    /// Those who work on cases, and the providers who serve them.
    CaseworkOrProvider = Steward | Officer | Duty | Provider
);
