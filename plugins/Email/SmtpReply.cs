using MailKit.Net.Smtp;

namespace CartRecovery.Plugins;

/// <summary>Cause of an SMTP rejection.</summary>
enum SmtpFault
{
    /// <summary>Nobody's: the relay asks to try again later.</summary>
    Temporary,

    /// <summary>The address does not exist, and never will.</summary>
    Address,

    /// <summary>The mailbox is full or disabled, or the reply does not say why the recipient is refused.</summary>
    Mailbox,

    /// <summary>The message: its size or content.</summary>
    Message,

    /// <summary>The sender's, the relay's or its policy's: it concerns every message.</summary>
    Sender,

    /// <summary>A policy, of the relay for every message or of this recipient alone: a closed group, say. Two recipients in a row tell.</summary>
    Policy,
}

/// <summary>
/// An SMTP rejection. The enhanced code decides on its cause (RFC 3463, with the registry of RFC 5248); without one, the status does, and no
/// status says by itself that an address does not exist. Holds no text, because that may quote the address.
/// </summary>
/// <param name="Command">The rejected command.</param>
/// <param name="Status">The status, like 550.</param>
/// <param name="Subject">The second number of the enhanced code; 0 without one.</param>
/// <param name="Detail">The third number of the enhanced code.</param>
/// <param name="Enhanced">The enhanced code, like 5.1.1; empty without one.</param>
readonly record struct SmtpReply(SmtpErrorCode Command, int Status, int Subject, int Detail, string Enhanced)
{
    /// <summary>Reads the rejection of an exception.</summary>
    public static SmtpReply Of(SmtpCommandException error)
    {
        var word = error.Message.Split(' ', '\r', '\n')[0];
        return word.Split('.') is [['2' or '4' or '5'], var subject, var detail] && subject.Length is > 0 and <= 3 && detail.Length is > 0 and <= 3
            && subject.All(char.IsAsciiDigit) && detail.All(char.IsAsciiDigit)
            ? new SmtpReply(error.ErrorCode, (int)error.StatusCode, int.Parse(subject), int.Parse(detail), word)
            : new SmtpReply(error.ErrorCode, (int)error.StatusCode, 0, 0, "");
    }

    /// <summary>Its cause.</summary>
    public SmtpFault Fault => Status switch
    {
        < 500 => SmtpFault.Temporary,
        // Login required, and what a server answers that takes no mail at all.
        530 or 534 or 535 or 538 or 521 => SmtpFault.Sender,
        _ when Enhanced.Length > 0 => FaultOfCode,
        _ when Command == SmtpErrorCode.SenderNotAccepted => SmtpFault.Sender,
        _ when Command == SmtpErrorCode.MessageNotAccepted => SmtpFault.Message,
        // RFC 7504: the domain takes no mail.
        556 => SmtpFault.Address,
        >= 500 and <= 504 => SmtpFault.Sender,
        _ => SmtpFault.Mailbox,
    };

    SmtpFault FaultOfCode => (Subject, Detail) switch
    {
        (2, 3 or 4) or (3, 4) or (6, _) => SmtpFault.Message,
        _ when Command == SmtpErrorCode.SenderNotAccepted => SmtpFault.Sender,
        // No such mailbox, system, syntax; moved; null MX; the owner of the mailbox or the domain has changed.
        (1, 1 or 2 or 3 or 6 or 10) or (7, 17 or 18) => SmtpFault.Address,
        // The sender's mailbox or system.
        (1, 7 or 8) => SmtpFault.Sender,
        (1, _) or (2, _) or (4, _) => SmtpFault.Mailbox,
        // Delivery not authorized, list expansion prohibited; and Exchange's own, from 5.7.100 on.
        (7, 1 or 2 or >= 100) when Command == SmtpErrorCode.RecipientNotAccepted => SmtpFault.Policy,
        (3, _) or (5, 1) or (7, _) => SmtpFault.Sender,
        (5, _) => SmtpFault.Message,
        _ => Command == SmtpErrorCode.MessageNotAccepted ? SmtpFault.Message : SmtpFault.Mailbox,
    };

    /// <summary>Describes the rejection without the relay's text.</summary>
    public override string ToString() => $"{Summary} with {Status} {Enhanced}".TrimEnd();

    string Summary => Command switch
    {
        SmtpErrorCode.RecipientNotAccepted => "the recipient was rejected",
        SmtpErrorCode.SenderNotAccepted => "the sender was rejected",
        SmtpErrorCode.MessageNotAccepted => "the message was rejected",
        _ => "a command was rejected",
    };
}
