namespace CartRecovery.Host.Api.Personal;

/// <summary>The kinds of masked ids. A masked id is valid for its kind only.</summary>
enum PersonalIdKind
{
    /// <summary>A customer's id.</summary>
    Customer,

    /// <summary>A cart's id.</summary>
    Cart,
}
