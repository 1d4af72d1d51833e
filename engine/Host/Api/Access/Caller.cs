using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Access;

/// <summary>Identifies the caller by its key. Binds as a handler parameter, from the request's principal.</summary>
/// <param name="Key">The key.</param>
sealed record Caller(StoreKey Key)
{
    /// <summary>The key's store.</summary>
    public Store Store => Key.Store;

    /// <summary>Returns the caller: a key, or a user in a store; <see langword="null"/> if the route requires none.</summary>
    public static Caller? Of(HttpContext context) => context.User.Identity switch
    {
        StoreKeyIdentity key => key.Caller,
        UserIdentity user => user.Caller,
        _ => null,
    };

    /// <summary>Binds the caller from the request's principal.</summary>
    /// <exception cref="InvalidOperationException">The route does not require a key.</exception>
    public static ValueTask<Caller?> BindAsync(HttpContext context) => ValueTask.FromResult<Caller?>(
        Of(context) ?? throw new InvalidOperationException("The handler takes a caller, but its route requires no key."));
}
