using System.Threading.Channels;
using CartRecovery.Engine.ControlPlane.Users;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Api.Members;

/// <summary>
/// Mails links to reset passwords in the background, so that a request takes as long for an unknown address as for a known one. Requests
/// are throttled like sign-ins; the queue is bounded. Thread-safe.
/// </summary>
sealed partial class PasswordResets : IAsyncDisposable
{
    // Further requests are dropped; the user can ask again.
    const int Capacity = 100;

    readonly Channel<(string Email, string? Address)> _queue =
        Channel.CreateBounded<(string, string?)>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    readonly UserStore _users;
    readonly MemberMail _mail;
    readonly TimeProvider _time;
    readonly LoginThrottle _throttle;
    readonly ILogger _log;
    readonly CancellationTokenSource _stop = new();
    readonly Task _running;

    /// <param name="users">The users.</param>
    /// <param name="mail">Sends the mails.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Receives failures.</param>
    public PasswordResets(UserStore users, MemberMail mail, TimeProvider time, ILogger<PasswordResets> log)
    {
        (_users, _mail, _time, _throttle, _log) = (users, mail, time, new LoginThrottle(time), log);
        _running = RunAsync();
    }

    /// <summary>Queues a request for a link.</summary>
    /// <param name="email">The e-mail address; it need not be known.</param>
    /// <param name="address">The client's address.</param>
    /// <returns>The time until a retry; zero if the request was accepted.</returns>
    public TimeSpan Request(string email, string? address)
    {
        var account = email.Length <= User.MaxEmail ? User.Normalize(email) : "";
        if (_throttle.WaitOf(account, address ?? "") is { Ticks: > 0 } wait)
        {
            return wait;
        }

        _throttle.Fail(account, address ?? "");
        _queue.Writer.TryWrite((account, address));
        return TimeSpan.Zero;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    async Task RunAsync()
    {
        try
        {
            await foreach (var (email, address) in _queue.Reader.ReadAllAsync(_stop.Token))
            {
                await SendAsync(email, address);
            }
        }
        catch (OperationCanceledException)
        {
            // Expected on disposal.
        }
    }

    async Task SendAsync(string email, string? address)
    {
        try
        {
            if (await _users.RequestResetAsync(email, address, _stop.Token) is { } token
                && !_mail.TrySend(email, token, isInvitation: false, _time.GetUtcNow() + UserStore.ResetAge))
            {
                LogNotSent("the queue of the sink control.mail is full");
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Any exception: without this loop, nobody would receive a link.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNotSent(e.Message);
        }
    }

    [LoggerMessage(EventName = "password_reset_not_sent", Level = LogLevel.Warning, Message = "A link to set a new password was not sent: {Problem}")]
    partial void LogNotSent(string problem);
}
