using MailKit;
using MailKit.Net.Smtp;
using MimeKit;

namespace CartRecovery.Plugins;

/// <summary>How far the sending of a message has come.</summary>
enum SmtpPhase
{
    /// <summary>The relay has not accepted the sender.</summary>
    Sender,

    /// <summary>It has accepted the sender.</summary>
    Recipient,

    /// <summary>It has accepted the recipient; the message is being transferred.</summary>
    Data,

    /// <summary>It has the whole message, and owes the answer.</summary>
    Answer,
}

/// <summary>A session with a relay, with a deadline for each step of a message (RFC 5321, 4.5.3.2).</summary>
/// <param name="commandTimeout">The deadline of a command.</param>
/// <param name="time">The clock.</param>
sealed class SmtpSession(TimeSpan commandTimeout, TimeProvider time) : SmtpClient, ITransferProgress
{
    // RFC 5321, 4.5.3.2.5 and 4.5.3.2.6. A relay that got no chance to answer has the message, and would deliver a second copy.
    static readonly TimeSpan s_dataTimeout = TimeSpan.FromMinutes(3), s_answerTimeout = TimeSpan.FromMinutes(10);

    CancellationTokenSource? _deadline;

    /// <summary>The most that a message can take.</summary>
    public static TimeSpan MaxDuration { get; } = s_dataTimeout + s_answerTimeout;

    /// <summary>How far the last message came.</summary>
    public SmtpPhase Phase { get; private set; }

    /// <summary><see langword="true"/> until the first message.</summary>
    public bool IsNew { get; private set; } = true;

    /// <summary>Sends a message.</summary>
    /// <exception cref="OperationCanceledException">A deadline passed, or <paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task SendOneAsync(MimeMessage message, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(commandTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        _deadline = deadline;
        Phase = SmtpPhase.Sender;
        try
        {
            await SendAsync(message, linked.Token, this);
        }
        finally
        {
            (_deadline, IsNew) = (null, false);
        }
    }

    /// <summary>Removes what would hide which command the relay did not answer.</summary>
    public void DisablePipelining() => Capabilities &= ~SmtpCapabilities.Pipelining;

    /// <inheritdoc/>
    public void Report(long bytesTransferred, long totalSize)
    {
        if (bytesTransferred >= totalSize)
        {
            Enter(SmtpPhase.Answer, s_answerTimeout);
        }
    }

    /// <inheritdoc/>
    public void Report(long bytesTransferred)
    {
    }

    /// <inheritdoc/>
    protected override void OnSenderAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) =>
        Enter(SmtpPhase.Recipient, commandTimeout);

    /// <inheritdoc/>
    protected override void OnRecipientAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) =>
        Enter(SmtpPhase.Data, s_dataTimeout);

    void Enter(SmtpPhase phase, TimeSpan timeout)
    {
        if (Phase != phase)
        {
            Phase = phase;
            _deadline?.CancelAfter(timeout);
        }
    }
}
