using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Host.Api.Access.Certificates;

/// <summary>The identity of a client certificate.</summary>
/// <param name="Name">The SPIFFE id or the subject.</param>
/// <param name="Grants">The roles.</param>
/// <param name="Key">The store's key, as configured; <see langword="null"/> for none.</param>
sealed record ClientIdentity(string Name, IReadOnlyList<Grant> Grants, string? Key)
{
    /// <summary>Returns whether another identity has the same name, key and roles.</summary>
    public bool Equals(ClientIdentity? other) => other is not null && Name == other.Name && Key == other.Key && Grants.SequenceEqual(other.Grants);

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
}
