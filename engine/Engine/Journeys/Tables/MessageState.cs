namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>State of a message. The numbers are persisted and never change.</summary>
public enum MessageState
{
    /// <summary>Waiting until it is due.</summary>
    Scheduled = 0,

    /// <summary>Handed to its sink.</summary>
    Sending = 1,

    /// <summary>Delivered to the receiver.</summary>
    Sent = 2,

    /// <summary>Not sent, for a reason.</summary>
    Withheld = 3,
}
