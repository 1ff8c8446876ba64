using Forge.Hooks;

namespace Forge.Host;

/// <summary>Reads how webhooks are delivered from the settings <c>Forge:Hooks</c>.</summary>
internal static class HookSettings
{
    public static void Apply(IConfigurationSection settings, HostSettings host, HookOptions hooks)
    {
        // A list that is set replaces the default; the binder would add to it.
        hooks.Schedule = settings.GetSection("Schedule").Get<TimeSpan[]>() ?? hooks.Schedule;
        hooks.AllowedNetworks = settings.GetSection("AllowedNetworks").Get<string[]>() ?? hooks.AllowedNetworks;
        hooks.AllowedPorts = settings.GetSection("AllowedPorts").Get<int[]>() ?? hooks.AllowedPorts;
        hooks.AllowPlainHttp = settings.GetValue("AllowPlainHttp", hooks.AllowPlainHttp);
        hooks.Jitter = settings.GetValue("Jitter", hooks.Jitter);
        hooks.Timeout = settings.GetValue("Timeout", hooks.Timeout);
        hooks.PerEndpoint = settings.GetValue("PerEndpoint", hooks.PerEndpoint);
        hooks.BreakAfter = settings.GetValue("BreakAfter", hooks.BreakAfter);
        hooks.BreakFor = settings.GetValue("BreakFor", hooks.BreakFor);
        hooks.Retention = settings.GetValue("Retention", hooks.Retention);
        hooks.SecretKey = host.SecretKey;
    }
}
