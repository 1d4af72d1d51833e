namespace CartRecovery.Contracts;

/// <summary>An absolute http or https URL without a user name or password.</summary>
public sealed class UrlOption : OptionType
{
    internal UrlOption(bool encrypted, bool secret) => (Encrypted, IsSecret) = (encrypted, secret);

    /// <summary>Plain http is accepted for this machine alone.</summary>
    public bool Encrypted { get; }

    /// <inheritdoc/>
    public override bool IsSecret { get; }

    /// <inheritdoc/>
    public override string Name => Encrypted ? "https URL" : "URL";

    /// <inheritdoc/>
    public override string Form => Encrypted
        ? "an absolute https URL without a user name"
        : "an absolute http or https URL without a user name";

    internal override Type ValueType => typeof(Uri);

    /// <summary>Returns whether requests to the URL are confidential: https, or http to this machine.</summary>
    public static bool IsConfidential(Uri url) => url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback);

    internal override object? Read(OptionValue value) =>
        Uri.TryCreate(value.Text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0
        && (!Encrypted || IsConfidential(url)) ? url : null;
}
