using System.Security.Claims;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Users;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Access;

/// <summary>The identity of a request with a valid access token. One instance per request.</summary>
sealed class UserIdentity(SignedInUser user) : ClaimsIdentity(authenticationType: "AccessToken")
{
    /// <summary>The user.</summary>
    public SignedInUser User { get; } = user;

    /// <summary>The store of the request, with the rights of the store's servers; <see langword="null"/> until authorization has admitted the user.</summary>
    public Caller? Caller { get; private set; }

    /// <summary>The actor, for the audit log.</summary>
    public string ActorName => User.Actor;

    /// <summary>Returns the user of a request whose route requires one.</summary>
    public static UserIdentity Of(HttpContext context) => (UserIdentity)context.User.Identity!;

    /// <summary>Returns the client's address.</summary>
    public static string? AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString();

    /// <summary>Admits the user to a store.</summary>
    public void AdmitTo(Store store) => Caller = new Caller(new StoreKey(store, KeyKind.Secret, LoopbackOnly: false, []));
}
