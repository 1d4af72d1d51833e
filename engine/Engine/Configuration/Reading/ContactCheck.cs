using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Messages;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Checks the contact policy: channels of caps, hours, and link addresses.</summary>
sealed class ContactCheck(ConfigCheck check, ConfigLocations locations)
{
    const int MinSecretLength = 32;

    public void Run(CartRecoveryConfig config)
    {
        var contact = config.Contact;
        List<string> channels = [CapConfig.Messages, "email", CapConfig.Sms, "push", "socket", .. locations.KeysOf(config.Sinks)];
        foreach (var cap in contact.Caps.Where(cap => locations.Bound(cap, "channel") && !channels.Contains(cap.Channel)))
        {
            check.Report(cap, "channel", $"unknown channel '{cap.Channel}'{Suggestion.Hint(cap.Channel, channels)}");
        }

        if (contact.BusinessHours is { } hours && hours.From.Value >= hours.To.Value && check.AreValid(hours, "from", "to"))
        {
            check.Report(hours, "to", "businessHours must end after they begin, on the same day");
        }

        if (contact.AbandonedAfter.Value >= contact.LostAfter.Value && check.AreValid(contact, "abandonedAfter", "lostAfter"))
        {
            check.Report(contact, "lostAfter", $"contact.lostAfter ({contact.LostAfter}) must be longer than contact.abandonedAfter ({contact.AbandonedAfter})");
        }

        if (contact.PublicUrl is { } address && !IsWebAddress(address))
        {
            check.Report(contact, "publicUrl", "contact.publicUrl must be an absolute http or https address");
        }

        if (contact.Secret is { Length: < MinSecretLength })
        {
            check.Report(contact, "secret", $"contact.secret must have at least {MinSecretLength} characters");
        }

        var confirmation = contact.Unproven.Confirmation;
        Check(confirmation, "subject", confirmation.Subject, MessageFormat.Line);
        Check(confirmation, "message", confirmation.Message, MessageFormat.Text);
        Check(confirmation, "html", confirmation.Html, MessageFormat.Html);
        foreach (var store in config.Stores.Where(store => store.UserTokenSecret is { Length: < UserTokens.MinSecretLength }))
        {
            check.Report(store, "userTokenSecret", $"userTokenSecret must have at least {UserTokens.MinSecretLength} characters");
        }

        foreach (var store in config.Stores.Where(store => store.Country is { } country && !PhoneText.IsCountry(country)))
        {
            check.Report(store, "country", $"unknown country '{store.Country}'; use two capital letters of ISO 3166-1, such as DE");
        }

        foreach (var store in config.Stores)
        {
            foreach (var person in store.Staff.Where(person => !IsStaffAddress(person, store.Country)))
            {
                check.Report(store, "staff", $"'{person}' is neither an e-mail address nor a telephone number like +31612345678");
            }
        }

        foreach (var store in config.Stores.Where(store => store.CartUrl is { } url && !IsWebAddress(url)))
        {
            check.Report(store, "cartUrl", "cartUrl must be an absolute http or https address");
        }
    }

    void Check(ConfirmationConfig section, string key, string? text, MessageFormat format)
    {
        var problems = new List<TemplateProblem>();
        if (text is not null)
        {
            MessageTemplate.TryCompile(text, format, problems);
        }

        problems.ForEach(problem => check.Report(locations.Within(section, key, text!, problem.Offset), problem.Message));
    }

    static bool IsStaffAddress(string address, string? country) =>
        address.Contains('@', StringComparison.Ordinal) ? EmailText.Parse(address) == address : PhoneText.ToE164(address, country) is not null;

    internal static bool IsWebAddress(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0
        && ShopLinks.HasHost(url) && System.Text.Ascii.IsValid(ShopLinks.HeaderOf(url));
}
