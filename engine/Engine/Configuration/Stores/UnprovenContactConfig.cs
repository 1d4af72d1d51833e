using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Stores;

/// <summary>The rules for addresses that a browser named. The shop's server vouches for those that it names itself.</summary>
public sealed class UnprovenContactConfig
{
    [ConfigKey("How many such addresses may get a message or confirmation for the first time.")]
    public NewRecipientsConfig NewRecipients { get; set; } = new();

    [ConfigKey("Whether the owner of such an address must first follow a link in a confirmation message. always; whenConsentRequired: if contact.consent is "
        + "required; never. Needs contact.publicUrl.")]
    public OptInRule OptIn { get; set; } = OptInRule.WhenConsentRequired;

    [ConfigKey("The confirmation message.")]
    public ConfirmationConfig Confirmation { get; set; } = new();
}

/// <summary>Bounds of new recipients.</summary>
public sealed class NewRecipientsConfig
{
    [ConfigKey("Of one client network (an IPv4 address, or the 64-bit prefix of an IPv6 address). Messages beyond it are not sent.")]
    public CountRate PerAddress { get; set; } = new(3, TimeSpan.FromHours(1));

    [ConfigKey("Of one store. Messages beyond it wait, and /health tells.")]
    public CountRate PerStore { get; set; } = new(200, TimeSpan.FromHours(1));
}

/// <summary>When an address must be confirmed.</summary>
public enum OptInRule
{
    /// <summary>Always.</summary>
    Always,

    /// <summary>If consent is required.</summary>
    WhenConsentRequired,

    /// <summary>Never.</summary>
    Never,
}

/// <summary>The texts of a confirmation. They are the shop's own: nothing that a browser sent is shown.</summary>
public sealed class ConfirmationConfig
{
    [ConfigKey("The subject, a Liquid template with store.name.")]
    public string Subject { get; set; } = "{{ store.name }}: please confirm your address";

    [ConfigKey("The text, a Liquid template with store.name and links.confirm.")]
    public string Message { get; set; } =
        "You asked {{ store.name }} to remind you of your cart. Please confirm: {{ links.confirm }}\n\nIf it was not you, do nothing: you will hear no more of us.";

    [ConfigKey("The HTML form, a Liquid template. Default: none.")]
    public string? Html { get; set; }
}
