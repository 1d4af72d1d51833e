using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Tokens;

namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>
/// Says which accounts sign in at the identity provider alone: those that are linked to a person there. A password would outlive the person's account at the provider. Thread-safe.
/// </summary>
public sealed class LinkedAccounts
{
    volatile string? _issuer;

    /// <summary>The provider whose people have no passwords here; <see langword="null"/> if linked accounts may use passwords.</summary>
    public string? Issuer
    {
        get => _issuer;
        set => _issuer = value;
    }

    /// <summary>The condition on <c>users</c> for accounts that may use a password.</summary>
    internal SqlPart MayUsePassword => _issuer is { } issuer ? SqlPart.Of($"id NOT IN (SELECT user_id FROM oidc_identities WHERE issuer = {issuer})") : SqlPart.Of($"1 = 1");

    /// <summary>Unlinks an account in the caller's transaction, and ends the sessions that began at a provider.</summary>
    internal static async Task UnlinkAsync(ControlSession session, string user, DateTimeOffset now)
    {
        await session.RunAsync($"DELETE FROM oidc_identities WHERE user_id = {user}");
        if (await session.RunAsync($"UPDATE sessions SET ended_at = {now} WHERE user_id = {user} AND ended_at IS NULL AND id IN (SELECT session_id FROM oidc_sessions)") > 0)
        {
            await session.MarkChangedAsync(Sessions.Topic);
        }
    }
}
