using System.Security.Claims;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Users;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Access;

/// <summary>The identity behind a valid access token. It lives for one request.</summary>
sealed class UserIdentity(SignedInUser user) : ClaimsIdentity(authenticationType: "AccessToken")
{
    /// <summary>The user.</summary>
    public SignedInUser User { get; } = user;

    /// <summary>The store that the request is about, in the role of its servers; <see langword="null"/> until the route has admitted the user.</summary>
    public Caller? Caller { get; private set; }

    /// <summary>The actor, for the audit log.</summary>
    public string ActorName => User.Actor;

    /// <summary>Returns the user of a request whose route requires one.</summary>
    public static UserIdentity Of(HttpContext context) => (UserIdentity)context.User.Identity!;

    /// <summary>Returns where a request comes from.</summary>
    public static string? AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString();

    /// <summary>Admits the user to a store.</summary>
    public void Enter(Store store) => Caller = new Caller(new StoreKey(store, KeyKind.Secret, LoopbackOnly: false, []));
}
