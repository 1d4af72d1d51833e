using System.Text;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Recipients;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Erasure;

/// <summary>A person: a user of a store with their carts, orders and addresses. Immutable.</summary>
/// <param name="Store">The store's id.</param>
/// <param name="UserId">The user's id, as in events and records.</param>
/// <param name="Ids">Derives the store's keys.</param>
/// <param name="Carts">The ids of the carts.</param>
/// <param name="Orders">The keys of the orders.</param>
/// <param name="Addresses">E-mail addresses, phone numbers and push tokens.</param>
public sealed record Person(string Store, string UserId, IdHasher Ids, IReadOnlyList<string> Carts, IReadOnlyList<string> Orders, IReadOnlyList<string> Addresses)
{
    /// <summary>The customer's key.</summary>
    public Hash128 Customer { get; } = Ids.CustomerOf(Encoding.UTF8.GetBytes(UserId));

    /// <summary>The carts' keys.</summary>
    public HashSet<Hash128> CartKeys { get; } = [.. Carts.Select(cart => Ids.CartOf(Encoding.UTF8.GetBytes(cart)))];

    /// <summary>The keys under which the person's data is stored: the customer, each cart, and the customer in each cart.</summary>
    public IEnumerable<Hash128> Owners => [Customer, .. CartKeys, .. CartKeys.Select(cart => IdentityResolver.InCart(cart, Customer))];
}
