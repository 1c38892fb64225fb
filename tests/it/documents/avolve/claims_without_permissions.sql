-- expect: wrong a role that permits nothing yet is no role, and the lists are null instead of empty
CREATE TABLE user_roles (user_id uuid, role text);
CREATE TABLE role_permissions (role text, permission text);
INSERT INTO user_roles VALUES ('00000000-0000-4000-8000-000000000001', 'guide');
CREATE TABLE claims AS
    SELECT array_agg(DISTINCT ur.role) AS roles, array_agg(DISTINCT rp.permission) AS permissions
      FROM user_roles ur JOIN role_permissions rp ON ur.role = rp.role;
SELECT roles IS NULL AND permissions IS NULL FROM claims;
