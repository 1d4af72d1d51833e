using System.Text;
using CartRecovery.Contracts;
using MailKit;
using MailKit.Net.Smtp;
using MimeKit;

namespace CartRecovery.Plugins;

/// <summary>
/// Writes a batch over one session, and over another when that ends. A recipient's answer is that recipient's alone; only what concerns the
/// relay or the sender ends the write, and then the remaining items are skipped.
/// </summary>
/// <param name="server">The relay.</param>
/// <param name="batch">The batch.</param>
/// <param name="policy">The sink's policy rejections.</param>
sealed class EmailBatchWriter(EmailServer server, DeliveryBatch batch, PolicyRejections policy) : IDisposable
{
    // Of a message that the relay has without having said so: most relays deliver it, so a second copy can wait.
    static readonly TimeSpan s_unansweredWait = TimeSpan.FromMinutes(30);

    SmtpSession? _session;

    /// <summary>What the relay's health is after the write; <see langword="null"/> if it did not show.</summary>
    public (bool IsHealthy, string Detail)? Health { get; private set; }

    /// <summary>Sends an item.</summary>
    /// <returns><see langword="false"/> if the remaining items were skipped.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<bool> SendAsync(int index, MimeMessage message, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_session is null && await OpenAsync(cancellationToken) is { } problem)
            {
                return Skip(index, problem);
            }

            var session = _session!;
            if (!session.Capabilities.HasFlag(SmtpCapabilities.UTF8) && message.To.Mailboxes.Any(to => !Ascii.IsValid(to.LocalPart)))
            {
                // Sent without the extension, it would reach another mailbox or none.
                batch.Reject(index, "the relay does not support international addresses (SMTPUTF8)");
                return true;
            }

            var wasNew = session.IsNew;
            try
            {
                await session.SendOneAsync(message, cancellationToken);
                batch.Deliver(index);
                policy.Clear();
                Health = (true, "accepted the last message");
                return true;
            }
            catch (SmtpCommandException error) when (error.StatusCode != SmtpStatusCode.ServiceNotAvailable)
            {
                CloseIfDisconnected();
                return Judge(index, SmtpReply.Of(error));
            }
            catch (NotSupportedException)
            {
                CloseIfDisconnected();
                batch.Reject(index, "the relay does not support international addresses (SMTPUTF8)");
                return true;
            }
            catch (ServiceNotAuthenticatedException)
            {
                Close();
                return Halt(index, "the relay requires a login");
            }
            catch (Exception error)
            {
                Close();
                var reason = ReasonOf(error, session.Phase);
                if (session.Phase == SmtpPhase.Answer)
                {
                    batch.Postpone(index, reason, s_unansweredWait);
                }

                cancellationToken.ThrowIfCancellationRequested();
                if (session.Phase != SmtpPhase.Sender)
                {
                    if (session.Phase != SmtpPhase.Answer)
                    {
                        batch.Postpone(index, reason);
                    }

                    return true;
                }

                // Relays close idle sessions. One that ends a new session before it takes a sender is down.
                if (wasNew)
                {
                    return Skip(index, reason);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_session is { IsConnected: true } session)
        {
            server.Return(session);
            _session = null;
        }

        Close();
    }

    async Task<string?> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            _session = await server.TakeAsync(cancellationToken);
            return null;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            return error is OperationCanceledException ? "the relay did not answer in time" : $"no session: {error.GetType().Name}: {error.Message}";
        }
    }

    bool Judge(int index, SmtpReply reply)
    {
        var reason = reply.ToString();
        switch (reply.Fault)
        {
            case SmtpFault.Temporary when reply.Command == SmtpErrorCode.SenderNotAccepted:
                return Skip(index, reason);
            case SmtpFault.Temporary:
            // The first may be the recipient's own policy. A later attempt shows.
            case SmtpFault.Policy when !policy.Add(batch.Items[index].Recipient?.Email ?? ""):
                batch.Postpone(index, reason);
                return true;
            case SmtpFault.Address:
                batch.Bounce(index, reason);
                return true;
            case SmtpFault.Mailbox:
                batch.SoftBounce(index, reason);
                return true;
            case SmtpFault.Message:
                batch.Reject(index, reason);
                return true;
            default:
                return Halt(index, reason);
        }
    }

    bool Halt(int index, string reason)
    {
        batch.Halt(index, reason);
        return Skip(index + 1, reason);
    }

    bool Skip(int from, string reason)
    {
        Health = (false, reason);
        for (var i = from; i < batch.Items.Count; i++)
        {
            batch.Skip(i, reason);
        }

        return false;
    }

    void CloseIfDisconnected()
    {
        if (_session is { IsConnected: false })
        {
            Close();
        }
    }

    void Close()
    {
        _session?.Dispose();
        _session = null;
    }

    static string ReasonOf(Exception error, SmtpPhase phase) => (error, phase) switch
    {
        (_, SmtpPhase.Answer) => "the relay took the message but did not confirm it",
        (SmtpCommandException, _) => "the relay ended the session with 421",
        (OperationCanceledException, _) => "the relay did not answer in time",
        _ => "the relay ended the session",
    };
}
