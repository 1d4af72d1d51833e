using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Host.Api.Access.Certificates;

/// <summary>Who a client's certificate stands for.</summary>
/// <param name="Name">The SPIFFE id or the subject.</param>
/// <param name="Grants">The roles.</param>
/// <param name="Key">The store's key, as configured; <see langword="null"/> for none.</param>
sealed record ClientIdentity(string Name, IReadOnlyList<Grant> Grants, string? Key)
{
    /// <summary>Returns whether another identity stands for the same.</summary>
    public bool Equals(ClientIdentity? other) => other is not null && Name == other.Name && Key == other.Key && Grants.SequenceEqual(other.Grants);

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
}
