namespace CartRecovery.Engine.Journeys.Tracking;

/// <summary>What a link permits. The numbers are in links already sent and never change.</summary>
public enum LinkKind : byte
{
    /// <summary>Restores the shopper's cart; counts as a click.</summary>
    Restore = 1,

    /// <summary>Unsubscribes the recipient.</summary>
    Unsubscribe = 2,

    /// <summary>Records that the message was opened.</summary>
    Open = 3,

    /// <summary>Shows the shop what is in the cart; the shopper's browser passes it on.</summary>
    Cart = 4,

    /// <summary>Confirms the address that a browser named; its message is the key of the address, in hexadecimal.</summary>
    Confirm = 5,
}
