//! The words that bursar's own tables know, each set of them an enum.

/// Defines an enum whose values are texts in the database and in every output.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident, $what:literal { $($(#[$word_meta:meta])* $word:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$word_meta])* $word,)*
        }

        impl $name {
            /// All of them, in this order.
            pub const ALL: &[$name] = &[$($name::$word,)*];

            /// Its name in the database and in every output.
            pub const fn name(self) -> &'static str {
                match self {
                    $($name::$word => $text,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(name: &str) -> Result<Self, String> {
                let known = Self::ALL.iter().copied().find(|word| word.name() == name);
                known.ok_or_else(|| format!("'{name}' is a {} that this bursar does not know", $what))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl sqlx::Type<sqlx::Postgres> for $name {
            fn type_info() -> sqlx::postgres::PgTypeInfo {
                <str as sqlx::Type<sqlx::Postgres>>::type_info()
            }

            fn compatible(there: &sqlx::postgres::PgTypeInfo) -> bool {
                <str as sqlx::Type<sqlx::Postgres>>::compatible(there)
            }
        }

        impl sqlx::postgres::PgHasArrayType for $name {
            fn array_type_info() -> sqlx::postgres::PgTypeInfo {
                <&str as sqlx::postgres::PgHasArrayType>::array_type_info()
            }
        }

        impl sqlx::Encode<'_, sqlx::Postgres> for $name {
            fn encode_by_ref(
                &self,
                buf: &mut sqlx::postgres::PgArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                <&str as sqlx::Encode<sqlx::Postgres>>::encode(self.name(), buf)
            }
        }

        impl sqlx::Decode<'_, sqlx::Postgres> for $name {
            fn decode(value: sqlx::postgres::PgValueRef<'_>) -> Result<Self, sqlx::error::BoxDynError> {
                Ok(<&str as sqlx::Decode<sqlx::Postgres>>::decode(value)?.parse::<Self>()?)
            }
        }
    };
}

words! {
    /// The state of a refund. The database decides which state may follow which.
    pub enum RefundState, "state" {
        /// Requested.
        Requested = "requested",
        /// Above the limit: a second person has to approve it.
        AwaitingApproval = "awaiting_approval",
        /// A second person approved it.
        Approved = "approved",
        /// A second person rejected it.
        Rejected = "rejected",
        /// The units are taken back; the gateway was not asked yet.
        Reserved = "reserved",
        /// The gateway was asked.
        Submitted = "submitted",
        /// The gateway's answer was lost.
        Unknown = "unknown",
        /// The money is on its way.
        Pending = "pending",
        /// The customer has to do something.
        RequiresAction = "requires_action",
        /// The money went back.
        Succeeded = "succeeded",
        /// The money did not go back, and the units were given back.
        Failed = "failed",
        /// As failed; it was canceled.
        Canceled = "canceled",
    }
}

impl RefundState {
    /// True where nothing is left to be done.
    pub fn is_final(self) -> bool {
        self == Self::Succeeded || self.is_undone()
    }

    /// True for an end in which no money went back.
    pub fn is_undone(self) -> bool {
        matches!(self, Self::Failed | Self::Canceled | Self::Rejected)
    }
}

words! {
    /// The gateway's answer about a refund.
    pub enum RefundAnswer, "answer" {
        /// It was refused.
        Refused = "refused",
        /// The gateway was certainly not asked.
        NotSent = "not_sent",
        /// The answer was lost.
        Unknown = "unknown",
        /// The money is on its way.
        Pending = "pending",
        /// The customer has to do something.
        RequiresAction = "requires_action",
        /// The money went back.
        Succeeded = "succeeded",
        /// The money did not go back.
        Failed = "failed",
        /// It was canceled.
        Canceled = "canceled",
    }
}

words! {
    /// The reason of a refund, as the gateways name it too.
    #[derive(Default)]
    pub enum RefundReason, "reason" {
        /// The customer asked for it.
        #[default]
        RequestedByCustomer = "requested_by_customer",
        /// It was paid twice.
        Duplicate = "duplicate",
        /// Somebody else paid with the customer's card.
        Fraudulent = "fraudulent",
        /// Something else.
        Other = "other",
    }
}

words! {
    /// The policy for units that the payment bought and that were spent.
    #[derive(Default)]
    pub enum IfSpent, "policy for spent units" {
        /// Refund nothing.
        #[default]
        Refuse = "refuse",
        /// Take what is there, and write the rest off.
        Cap = "cap",
        /// Take nothing.
        Keep = "keep",
    }
}

words! {
    /// The place that a refund was made at.
    pub enum RefundOrigin, "origin" {
        /// bursar.
        Bursar = "bursar",
        /// The gateway, as in its dashboard.
        Gateway = "gateway",
        /// A dispute that was lost.
        Dispute = "dispute",
    }
}

words! {
    /// The state of an adjustment of a balance.
    pub enum AdjustmentState, "state" {
        /// A second person has to approve it.
        AwaitingApproval = "awaiting_approval",
        /// The entry is made.
        Done = "done",
        /// It was rejected.
        Rejected = "rejected",
    }
}

#[cfg(test)]
mod tests {
    use super::RefundState;

    #[test]
    fn a_word_is_its_name_and_no_other_text_is_one() {
        for state in RefundState::ALL {
            assert_eq!(state.name().parse(), Ok(*state));
            assert_eq!(serde_json::json!(state), state.name());
        }
        let error = "lost".parse::<RefundState>().unwrap_err();
        assert_eq!(error, "'lost' is a state that this bursar does not know");
    }
}
