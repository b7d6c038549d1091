//! The files in which the programs of AWS keep keys: `~/.aws/credentials` and `~/.aws/config`.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::path::PathBuf;

/// The settings of a profile, by their names in small letters.
pub(crate) type Settings = HashMap<String, String>;

/// The profile that `AWS_PROFILE` names, or the one that is called `default`, and its name.
pub(crate) fn profile() -> (String, Settings) {
    let name = env::var("AWS_PROFILE").unwrap_or_else(|_| "default".to_owned());
    let home = env::home_dir().unwrap_or_default().join(".aws");
    let place =
        |variable: &str, file: &str| env::var_os(variable).map_or_else(|| home.join(file), PathBuf::from);
    let read = |path: PathBuf| fs::read_to_string(path).unwrap_or_default();
    let mut settings =
        section(&read(place("AWS_CONFIG_FILE", "config")), &[&format!("profile {name}"), &name]);
    // What stands in the file of credentials is what counts.
    settings.extend(section(&read(place("AWS_SHARED_CREDENTIALS_FILE", "credentials")), &[&name]));
    (name, settings)
}

/// The lines `name = value` of the section with one of these names.
fn section(text: &str, names: &[&str]) -> Settings {
    let mut inside = false;
    let mut settings = Settings::new();
    for line in text.lines() {
        let nested = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.starts_with(['#', ';']) || line.is_empty() {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = names.contains(&name.trim());
        } else if inside
            && !nested
            && let Some((name, value)) = line.split_once('=')
        {
            settings.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_read_alone() {
        let text = "[default]\naws_access_key_id = A\n; no\n[profile farm]\nregion=eu-west-1\ns3 =\n  endpoint_url = no\n# no\nAWS_Secret_Access_Key = a=b\n[other]\nregion = no\n";
        let farm = section(text, &["profile farm", "farm"]);
        assert_eq!((&*farm["region"], &*farm["aws_secret_access_key"]), ("eu-west-1", "a=b"));
        assert!(!farm.contains_key("endpoint_url") && !farm.contains_key("aws_access_key_id"));
        assert_eq!(section(text, &["default"])["aws_access_key_id"], "A");
        assert!(section(text, &["absent"]).is_empty());
    }
}
