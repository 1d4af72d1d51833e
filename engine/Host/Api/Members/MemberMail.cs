using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Delivery;

namespace CartRecovery.Host.Api.Members;

/// <summary>Mails links to members through the sink that <c>control.mail</c> names. Thread-safe.</summary>
sealed class MemberMail(IEngineState engine, SinkSet sinks, StoreDirectory stores, TimeProvider time)
{
    /// <summary>Whether a sink is configured.</summary>
    public bool IsConfigured => engine.Config.Control.Mail is not null;

    /// <summary>Queues a mail for the sink. Does not block.</summary>
    /// <param name="email">The member's address.</param>
    /// <param name="token">The link's token.</param>
    /// <param name="isInvitation">Whether the member is new.</param>
    /// <param name="until">When the link expires; no mail is sent later.</param>
    /// <returns><see langword="false"/> if there is no sink, or its queue is full.</returns>
    public bool TrySend(string email, string token, bool isInvitation, DateTimeOffset until)
    {
        var config = engine.Config;
        if (config.Control.Mail is not { } sink || config.Contact.PublicUrl is not { } url)
        {
            return false;
        }

        // The token is in the fragment, which servers and proxies do not log.
        var link = $"{url.TrimEnd('/')}/v1/auth/password#{token}";
        var store = stores.Stores[0];
        var now = time.GetUtcNow();
        return sinks.TryDeliver(sink, new Intervention
        {
            Id = $"iv_{Guid.NewGuid():N}",
            StoreId = store.Id,
            CartId = "",
            Campaign = "",
            Channel = sink,
            Action = ActionKind.Reminder,
            Subject = isInvitation ? "You are invited to CartRecovery" : "Set a new password for CartRecovery",
            Message = $"""
                {(isInvitation ? "You are invited to work with CartRecovery." : "Somebody asked to set a new password for your account.")} Choose your password on this page, once, until {until.UtcDateTime:yyyy-MM-dd HH:mm} UTC:

                {link}

                {(isInvitation ? "If you do not know what this is about, do nothing." : "If it was not you, do nothing: your password stays as it is.")}
                """,
            Recipient = new Recipient(Email: email),
            Cart = new CartSummary(0, 0, store.Currency),
            Reasons = new DecisionReasons("", 0, [], ""),
            DecidedAt = now,
            UsefulUntil = until,
        });
    }
}
