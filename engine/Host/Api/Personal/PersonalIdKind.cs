namespace CartRecovery.Host.Api.Personal;

/// <summary>The kinds of ids that are masked. A masked id of one kind is none of another.</summary>
enum PersonalIdKind
{
    /// <summary>A customer's id.</summary>
    Customer,

    /// <summary>A cart's id.</summary>
    Cart,
}
